"""The routes: every address of the API, its operations, and what the API's document says of them.

What is not described here is not served: see `functions.api.openapi`.
"""

from collections.abc import Mapping

from feed.model.card import Card
from feed.session.answers import SessionPage
from feed.session.request import SessionRequest
from functions.api import (
    account,
    ask,
    browse,
    charts,
    home,
    impressions,
    insights,
    lab,
    monitoring,
    search,
    seeds,
    series,
    sessions,
    status,
)
from functions.api.answers import (
    CatalogMap,
    CategoryList,
    EngagementList,
    EpisodeNotes,
    EpisodePage,
    Health,
    InsightList,
    InsightPage,
    Receipt,
    RecordedEngagement,
    RecordedImpressions,
    RemovedEngagement,
    Reset,
    ScenarioList,
    SeriesList,
    SimilarEpisodes,
    UserProfile,
)
from functions.api.home_answers import HomeAnswer, ShelfPage
from functions.api.monitoring_answers import Performance, ProcessingHealth, RegionsHealth
from functions.api.search_answers import SearchPage, SuggestionList
from functions.api.series_answers import RecommendedSeriesList, SeriesPage, SimilarSeries
from functions.ask.events import Answer, DoneEvent, SessionEvent, SourcesEvent, TokenEvent
from functions.http.operation import Operation

_STORE = ("store-unavailable",)
_WRITES = ("store-unavailable", "not-storable")
_CATALOG = ("no-catalog",)
_EPISODE = ("no-catalog", "not-found")

ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/api/sessions/create": {
        "POST": Operation(
            name="createSession",
            summary="ranks a session, answers its first page",
            handler=sessions.create,
            body=SessionRequest,
            answers={200: SessionPage},
            user="optional",
            problems=(*_CATALOG, "admins-only", "not-your-user", "seed-expired"),
        ),
    },
    "/api/home": {
        "POST": Operation(
            name="createHome",
            summary="ranks a home page, answers the beginning of each shelf ([Home](home.md))",
            handler=home.create,
            body=home.HomeRequest,
            answers={200: HomeAnswer},
            user="optional",
            problems=(*_CATALOG, "not-your-user"),
        ),
    },
    "/api/home/{session_id}/next": {
        "POST": Operation(
            name="nextOfShelf",
            summary="answers the next episodes of one shelf",
            handler=home.next_page,
            body=home.ShelfRequest,
            answers={200: ShelfPage},
            user="optional",
            problems=(*_CATALOG, "invalid-cursor", "cursor-expired"),
        ),
    },
    "/api/seeds/photo": {
        "POST": Operation(
            name="readPhoto",
            summary="answers what a photo says, as a seed for a session ([Seeds](seeds.md))",
            handler=seeds.photo,
            upload="photo",
            answers={200: seeds.PhotoSeed},
            user="optional",
            problems=_CATALOG,
        ),
    },
    "/api/sessions/{session_id}/next": {
        "POST": Operation(
            name="nextPage",
            summary="answers the next page of a session",
            handler=sessions.next_page,
            body=sessions.NextRequest,
            answers={200: SessionPage},
            user="optional",
            problems=(*_CATALOG, "invalid-cursor", "cursor-expired"),
        ),
    },
    "/api/sessions/{session_id}/engage": {
        "POST": Operation(
            name="engageInSession",
            summary="records an engagement, as `POST /api/me/engagements` does",
            handler=account.record,
            body=account.NewEngagement,
            answers={201: RecordedEngagement},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/impressions": {
        "POST": Operation(
            name="recordImpressions",
            summary="records what was on the screen",
            handler=impressions.record,
            body=impressions.NewImpressions,
            answers={200: RecordedImpressions},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/engagements": {
        "GET": Operation(
            name="listEngagements",
            summary="lists the user's engagements, newest first",
            handler=account.list_engagements,
            query=account.EngagementsQuery,
            answers={200: EngagementList},
            user="required",
            problems=_STORE,
        ),
        "POST": Operation(
            name="recordEngagement",
            summary="records an engagement",
            handler=account.record,
            body=account.NewEngagement,
            answers={201: RecordedEngagement},
            user="required",
            problems=_WRITES,
        ),
        "DELETE": Operation(
            name="resetFeed",
            summary="resets the feed: deletes all engagements",
            handler=account.reset,
            answers={200: Reset},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/me/engagements/{engagement_id:path}": {
        "DELETE": Operation(
            name="removeEngagement",
            summary="deletes one engagement",
            handler=account.remove,
            answers={200: RemovedEngagement},
            user="required",
            problems=(*_WRITES, "not-found"),
        ),
    },
    "/api/me": {
        "GET": Operation(
            name="readProfile",
            summary="reads the profile",
            handler=account.show,
            answers={200: UserProfile},
            user="required",
            problems=_STORE,
        ),
        "PATCH": Operation(
            name="changeProfile",
            summary="sets some fields of the profile, answers all of it",
            handler=account.change,
            body=account.ProfileChange,
            answers={200: UserProfile},
            user="required",
            problems=_WRITES,
        ),
        "DELETE": Operation(
            name="deleteUser",
            summary="deletes everything known of the user, with a receipt",
            handler=account.forget,
            answers={200: Receipt},
            user="required",
            problems=_WRITES,
        ),
    },
    "/api/episodes/{episode_id:path}/similar": {
        "GET": Operation(
            name="similarEpisodes",
            summary="answers the most similar episodes",
            handler=browse.similar,
            query=browse.SimilarQuery,
            answers={200: SimilarEpisodes},
            user="optional",
            problems=_EPISODE,
        ),
    },
    "/api/episodes/{episode_id:path}/notes": {
        "GET": Operation(
            name="readNotes",
            summary="answers an episode's full notes, as HTML and as text",
            handler=browse.notes,
            answers={200: EpisodeNotes},
            problems=(*_EPISODE, "notes-unavailable"),
        ),
    },
    "/api/episodes/{episode_id:path}": {
        "GET": Operation(
            name="readEpisode",
            summary="answers an episode's card",
            handler=browse.episode,
            answers={200: Card},
            problems=_EPISODE,
        ),
    },
    "/api/categories": {
        "GET": Operation(
            name="listCategories",
            summary="lists the categories, the largest first",
            handler=browse.categories,
            answers={200: CategoryList},
            problems=_CATALOG,
        ),
    },
    "/api/series": {
        "GET": Operation(
            name="nameSeries",
            summary="answers the names of up to 200 series",
            handler=series.names,
            query=series.SeriesQuery,
            answers={200: SeriesList},
            problems=_CATALOG,
        ),
    },
    "/api/series/{series_id:path}/similar": {
        "GET": Operation(
            name="similarSeries",
            summary="answers the most similar series",
            handler=series.similar,
            query=series.SimilarSeriesQuery,
            answers={200: SimilarSeries},
            problems=_EPISODE,
        ),
    },
    "/api/series/{series_id:path}": {
        "GET": Operation(
            name="readSeries",
            summary="answers what is known of a series, and its episodes",
            handler=series.show,
            query=series.SeriesEpisodesQuery,
            answers={200: SeriesPage},
            problems=_EPISODE,
        ),
    },
    "/api/recommended/series": {
        "GET": Operation(
            name="recommendSeries",
            summary="answers series that the user does not know yet and may want to follow",
            handler=series.recommended,
            query=series.RecommendedSeriesQuery,
            answers={200: RecommendedSeriesList},
            user="optional",
            problems=_CATALOG,
        ),
    },
    "/api/trending": {
        "GET": Operation(
            name="listTrending",
            summary="answers the episodes that have more listeners than before",
            handler=charts.trending,
            query=charts.TrendingQuery,
            answers={200: EpisodePage},
            problems=_CATALOG,
        ),
    },
    "/api/popular": {
        "GET": Operation(
            name="listPopular",
            summary="answers the episodes with the most listeners",
            handler=charts.popular,
            query=charts.PopularQuery,
            answers={200: EpisodePage},
            problems=_CATALOG,
        ),
    },
    "/api/new": {
        "GET": Operation(
            name="listNew",
            summary="answers the newest episodes",
            handler=charts.new,
            query=charts.NewQuery,
            answers={200: EpisodePage},
            problems=_CATALOG,
        ),
    },
    "/api/insights/trending": {
        "GET": Operation(
            name="listTrendingInsights",
            summary="answers people, things and topics that rise ([Insights](insights.md))",
            handler=insights.trending_insights,
            query=insights.TrendingInsightsQuery,
            answers={200: InsightList},
            user="optional",
            problems=_CATALOG,
        ),
    },
    "/api/insights/{kind}/{name:path}": {
        "GET": Operation(
            name="readInsight",
            summary="answers one person, thing or topic, and the episodes behind it",
            handler=insights.show,
            query=insights.InsightQuery,
            answers={200: InsightPage},
            problems=_EPISODE,
        ),
    },
    "/api/search": {
        "GET": Operation(
            name="search",
            summary="answers the episodes and names that match some words ([Search](search.md))",
            handler=search.search,
            query=search.SearchQuery,
            answers={200: SearchPage},
            user="optional",
            problems=_CATALOG,
        ),
    },
    "/api/suggest": {
        "GET": Operation(
            name="suggest",
            summary="answers what the beginning of a query may become",
            handler=search.suggest,
            query=search.SuggestQuery,
            answers={200: SuggestionList},
            problems=_CATALOG,
        ),
    },
    "/api/ask": {
        "POST": Operation(
            name="ask",
            summary="answers a question about the catalog, as a stream of events ([Ask](ask.md))",
            handler=ask.ask,
            body=ask.AskRequest,
            answers={200: Answer},
            events={one.name: one for one in (SessionEvent, SourcesEvent, TokenEvent, DoneEvent)},
            user="optional",
            problems=(*_CATALOG, "not-signed-in", "already-answering", "seed-expired"),
        ),
    },
    "/api/scenarios": {
        "GET": Operation(
            name="listScenarios",
            summary="lists the scenarios ([Lab](lab.md))",
            handler=lab.scenarios,
            answers={200: ScenarioList},
            user="admin",
        ),
    },
    "/api/map": {
        "GET": Operation(
            name="readMap",
            summary="answers the map of episodes ([Lab](lab.md))",
            handler=lab.catalog_map,
            answers={200: CatalogMap},
            user="admin",
            problems=_CATALOG,
        ),
    },
    "/api/health": {
        "GET": Operation(
            name="readHealth",
            summary="catalog version and age, dependencies; 503 without a catalog",
            handler=status.health,
            answers={200: Health, 503: Health},
        ),
    },
    "/api/health/regions": {
        "GET": Operation(
            name="readRegions",
            summary="answers how each region of the generative model fares ([Models](models.md))",
            handler=monitoring.regions,
            answers={200: RegionsHealth},
            user="admin",
        ),
    },
    "/api/health/processing": {
        "GET": Operation(
            name="readProcessing",
            summary="answers what an instance works on, what waits, and how full its caches are",
            handler=monitoring.processing,
            answers={200: ProcessingHealth},
            user="admin",
        ),
    },
    "/api/metrics/performance": {
        "GET": Operation(
            name="readPerformance",
            summary="answers hit rates, counts of calls and answers, and capacity",
            handler=monitoring.performance,
            answers={200: Performance},
            user="admin",
        ),
    },
    "/api/metrics": {
        "GET": Operation(
            name="readMetrics",
            summary="answers metrics as Prometheus text",
            handler=status.metrics,
            answers={200: "text/plain"},
            user="admin",
        ),
    },
    "/api/openapi.json": {
        "GET": Operation(
            name="readDocument",
            summary="answers this API's description (OpenAPI 3.1)",
            handler=status.openapi,
            answers={200: "application/json"},
        ),
    },
}
"""by path and method, in the order in which paths are matched"""
