"""Dry runs of deploy.sh with many combinations of options, and the commands that they print."""

from functools import cache

from tests.support.deployment import PROJECT, commands, dry_run

TWO = "--regions=europe-west1,us-central1"
MATRIX = (
    (),
    ("--region=europe-west1", "--min-instances=2", "--memory=512Mi", "--redeploy"),
    ("--access=unchecked", "--feeds=https://a.example/feed.xml https://b.example/feed?x=1&y=2"),
    ("--access=private", "--skip-rules", "--skip-hosting", "--app-check=123456789"),
    ("--app-check=123456789", "--app-check-site-key=6Lc", "--site=my-page"),
    ("--retrieval=pinecone", "--vectors=pinecone", "--pinecone-host=https://x.pinecone.example"),
    ("--bucket=other", "--schedule=*/30 * * * *", "--time-zone=Europe/Berlin", "--keep=3"),
    ("--cors-origins=https://a.example,https://b.example", "--episodes=firestore:shows"),
    (TWO,),
    (TWO, "--load-balancer", "--domain=feed.example.com"),
    (TWO, "--traffic=10"),
    ("--audience", "--audience-memory=4Gi", "--scenario=baseline"),
)
REVERSALS = (
    ("--rollback",),
    ("--destroy",),
    ("--destroy", "--destroy-data", TWO),
    ("--destroy", "--destroy-data", "--episodes=firestore:shows", "--bucket=other"),
)


@cache
def script(*options: str) -> str:
    """Returns what a dry run prints."""
    done = dry_run(f"--project={PROJECT}", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def planned(*options: str) -> list[list[str]]:
    """Returns the commands of a dry run."""
    return commands(script(*options))


def named(found: list[list[str]], *words: str) -> list[list[str]]:
    return [one for one in found if all(word in one for word in words)]


def email(name: str) -> str:
    return f"earshot-{name}@{PROJECT}.iam.gserviceaccount.com"
