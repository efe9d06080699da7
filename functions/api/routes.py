"""The routes: every address of the API, its operations, and what the API's document says of them.

What is not described here is not served: see `functions.api.openapi`.
"""

from collections.abc import Mapping

from functions.api.account_routes import ACCOUNT_ROUTES
from functions.api.catalog_routes import CATALOG_ROUTES
from functions.api.feed_routes import FEED_ROUTES
from functions.api.monitoring_routes import MONITORING_ROUTES
from functions.http.operation import Operation

ROUTES: Mapping[str, Mapping[str, Operation]] = {
    **FEED_ROUTES,
    **ACCOUNT_ROUTES,
    **CATALOG_ROUTES,
    **MONITORING_ROUTES,
}
"""by path and method, in the order in which paths are matched"""
