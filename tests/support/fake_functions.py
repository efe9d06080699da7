"""Cloud Functions of the fake cloud: what it refuses to deploy, and what it leaves behind."""

from typing import Any

from tests.support.vendor_error import VendorError

GI = 2**30
MEMORY = {1: (0.125, 4), 2: (0.125, 8), 4: (2, 16), 6: (4, 24), 8: (4, 32)}
"""Range of GiB for an instance by its processors: cloud.google.com/run/docs/configuring/cpu."""


def deploy_function(state: dict[str, Any], name: str, flags: dict[str, str]) -> None:
    """Carries out `gcloud functions deploy`. Raises `VendorError` for what Google refuses."""
    region, cpu, most = flags["region"], int(flags["cpu"]), int(flags["max-instances"])
    number = int(flags["memory"][:-2])
    gib = number if flags["memory"].endswith("Gi") else number / 1024
    least, largest = MEMORY[cpu]
    if not least <= gib <= largest:
        raise VendorError(f"Invalid value specified for container memory: {gib} GiB with {cpu} CPU")
    cpu_quota, memory_quota = state["quota"] or (20_000, 40 * GI)
    if most * cpu * 1000 > cpu_quota or most * gib * GI > memory_quota:
        raise VendorError("Max instances must be set to a lower number. Quota violated: CpuAlloc")
    if "trigger-event-filters" in flags:
        agent = f"serviceAccount:service-{state['number']}@gcp-sa-eventarc.iam.gserviceaccount.com"
        granted = state["policies"].get(f"projects {flags['project']}", [])
        if f"roles/eventarc.serviceAgent\t{agent}" not in granted or state["pending"]:
            state["pending"] = max(0, state["pending"] - 1)
            raise VendorError(
                "(gcloud.functions.deploy) OperationError: code=7, message=Validation failed for "
                f"trigger projects/p/locations/nam5/triggers/{name}-1: Invalid resource state for "
                '"": Permission denied while using the Eventarc Service Agent.'
            )
    state["functions"][f"{region}/{name}"] = flags["update-labels"].removeprefix("earshot=")
    if name == "create-session":
        there = state["revisions"].setdefault(region, [])
        there.append(f"{name}-{len(there) + 1:05d}")
        state["traffic"].setdefault(region, {"LATEST": 100})
    _keep(state["packages"].setdefault(region, []), image(flags["project"], region, name))
    for bucket, kept in {
        f"gcf-v2-sources-{state['number']}-{region}": name,
        f"gcf-v2-uploads-{state['number']}.{region}.cloudfunctions.appspot.com": "zip",
    }.items():
        _keep(state["buckets"], bucket)
        _keep(state["objects"].setdefault(bucket, []), kept)


def service(state: dict[str, Any], region: str) -> dict[str, Any]:
    """Returns create-session as `gcloud run services describe` does."""
    newest = state["revisions"][region][-1]
    traffic = [
        {"percent": percent, "revisionName": newest if name == "LATEST" else name}
        for name, percent in state["traffic"][region].items()
    ]
    tagged = {"revisionName": newest, "tag": "preview"}
    return {"status": {"latestReadyRevisionName": newest, "traffic": [*traffic, tagged]}}


def revisions(state: dict[str, Any], region: str) -> list[dict[str, Any]]:
    """Returns the revisions of create-session as `gcloud run revisions list` does."""
    return [
        {
            "metadata": {"name": name, "creationTimestamp": f"2026-11-30T10:{minute:02d}:00Z"},
            "status": {"conditions": [{"type": "Ready", "status": "True"}]},
        }
        for minute, name in enumerate(state["revisions"][region])
    ]


def update_traffic(state: dict[str, Any], flags: dict[str, str]) -> None:
    """Carries out `gcloud run services update-traffic`. Raises `VendorError` if Run refuses it."""
    pairs = [one.split("=") for one in flags["to-revisions"].split(",")]
    wanted = {name: int(percent) for name, percent in pairs}
    there = {"LATEST", *state["revisions"][flags["region"]]}
    if not {*wanted} <= there or sum(wanted.values()) != 100:  # percent
        raise VendorError(f"INVALID_ARGUMENT: traffic {wanted}")
    state["traffic"][flags["region"]] = wanted


def image(project: str, region: str, name: str) -> str:
    """Returns the name of a function's image in gcf-artifacts."""
    return "__".join(part.replace("-", "--") for part in (project, region, name))


def delete_function(state: dict[str, Any], name: str, region: str) -> None:
    """Carries out `gcloud functions delete`, which keeps the image and the source."""
    del state["functions"][f"{region}/{name}"]
    state["policies"].pop(f"run services {name} {region}", None)


def _keep(kept: list[str], one: str) -> None:
    if one not in kept:
        kept.append(one)
