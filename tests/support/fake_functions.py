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
    _keep(state["packages"].setdefault(region, []), image(flags["project"], region, name))
    for bucket, kept in {
        f"gcf-v2-sources-{state['number']}-{region}": name,
        f"gcf-v2-uploads-{state['number']}.{region}.cloudfunctions.appspot.com": "zip",
    }.items():
        _keep(state["buckets"], bucket)
        _keep(state["objects"].setdefault(bucket, []), kept)


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
