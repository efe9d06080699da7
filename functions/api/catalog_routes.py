"""The routes of the catalog: episodes, series, charts, insights, search and questions."""

from collections.abc import Mapping

from feed.model.card import Card
from functions.api import ask, browse, charts, insights, search, series
from functions.api.answers import (
    CategoryList,
    EpisodeList,
    EpisodeNotes,
    EpisodePage,
    EpisodeTranscript,
    SimilarEpisodes,
)
from functions.api.insights_answers import InsightList, InsightPage
from functions.api.search_answers import SearchPage, SuggestionList
from functions.api.series_answers import (
    RecommendedSeriesList,
    SeriesList,
    SeriesPage,
    SimilarSeries,
)
from functions.ask.events import Answer, DoneEvent, SessionEvent, SourcesEvent, TokenEvent
from functions.http.operation import Operation

_CATALOG = ("no-catalog",)
_EPISODE = ("no-catalog", "not-found")

CATALOG_ROUTES: Mapping[str, Mapping[str, Operation]] = {
    "/api/episodes": {
        "GET": Operation(
            name="readEpisodes",
            summary="answers the cards of up to 50 episodes",
            handler=browse.episodes,
            query=browse.EpisodesQuery,
            answers={200: EpisodeList},
            problems=_CATALOG,
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
    "/api/episodes/{episode_id:path}/transcript": {
        "GET": Operation(
            name="readTranscript",
            summary="answers an episode's chapters and transcript, with times",
            handler=browse.transcript,
            answers={200: EpisodeTranscript},
            problems=(*_EPISODE, "transcript-unavailable"),
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
            summary="answers the names and artwork of up to 200 series",
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
    "/api/insights": {
        "GET": Operation(
            name="listInsights",
            summary="answers the people, things or topics with most listeners and publications",
            handler=insights.largest_insights,
            query=insights.InsightsQuery,
            answers={200: InsightList},
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
}
