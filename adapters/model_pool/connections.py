"""How long connections to models are kept."""

import httpx

KEPT_ALIVE = httpx.Limits(max_keepalive_connections=16, keepalive_expiry=120.0)
"""for each client; httpx closes what was idle for 5 s, and opening one again takes several round
trips. Their number is not limited here, but by the pool"""
