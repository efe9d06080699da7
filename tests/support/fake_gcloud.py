"""`gcloud` of the fake cloud."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.fake_compute import compute
from tests.support.fake_functions import (
    delete_function,
    deploy_function,
    revisions,
    service,
    update_traffic,
)
from tests.support.vendor_error import VendorError

AGENT = "serviceAccount:service-{}@gcp-sa-eventarc.iam.gserviceaccount.com"


class GcloudCall:
    """One call of gcloud, which reads and changes the state of the project."""

    def __init__(
        self, state: dict[str, Any], words: list[str], folder: Path, given: Callable[[], str]
    ) -> None:
        """`given` reads what is piped to the call."""
        self.state = state
        self.folder = folder
        self.given = given
        self.line = " ".join(words)
        self.words = [word for word in words[1:] if not word.startswith("--")]
        self.flags = dict(w[2:].partition("=")[::2] for w in words if w.startswith("--"))

    def answer(self) -> str:
        """Returns what is printed. Raises KeyError for a call that deploy.sh should not make."""
        if (lines := self._lookup()) is not None:
            return "\n".join(lines)
        self.state["changes"].append(self.line)
        self._change()
        return ""

    def _lookup(self) -> list[str] | None:  # noqa: C901, PLR0911, PLR0912  # a case for each command
        state = self.state
        match self.words:
            case ["auth", "list"]:
                return [state["account"]]
            case ["auth", "print-access-token"]:
                return [state["token"]]
            case ["projects", "describe", _]:
                return [state["number"]]
            case ["billing", "projects", "describe", _]:
                return [state["billing"]]
            case ["firestore", "databases", "list"]:
                return list(state["databases"])
            case ["config" | "meta", *_]:
                return self._real()
            case ["services", "list"]:
                return list(state["services"])
            case ["iam", "service-accounts", "list"]:
                return list(state["accounts"])
            case ["storage", "buckets", "list"]:
                return list(state["buckets"])
            case ["storage", "buckets", "describe", url]:
                return [state["lifecycles"].get(url.removeprefix("gs://"), "")]
            case ["storage", "ls", url]:
                return [f"{url}/{name}/" for name in state["objects"][url.removeprefix("gs://")]]
            case ["secrets", "list"]:
                return list(state["secrets"])
            case ["secrets", "versions", "list", name]:
                return [str(len(state["secrets"][name]))] if state["secrets"].get(name) else []
            case [*group, "get-iam-policy", name]:
                return list(state["policies"].get(self._place(group, name), []))
            case ["artifacts", "repositories", "list"]:
                return ["gcf-artifacts"] if self.flags["location"] in state["packages"] else []
            case ["artifacts", "packages", "list"]:
                return list(state["packages"][self.flags["location"]])
            case ["functions", "list"]:
                return self._functions()
            case ["functions", "describe", name]:
                return [f"https://{name}-x.a.run.app"]
            case ["run", "services", "describe", "create-session"] if (
                self.flags["format"] == "json"
            ):
                return [json.dumps(service(state, self.flags["region"]))]
            case ["run", "revisions", "list"]:
                assert self.flags["service"] == "create-session"
                return [json.dumps(revisions(state, self.flags["region"]))]
            case ["run", "services", "describe", _]:
                return ["true" if self.flags["region"] in state["unchecked"] else ""]
            case ["scheduler", "jobs", "list"]:
                name = "earshot-publish-catalog"
                shown = state["job"] if "filter" in self.flags else name
                return [shown] if state["job_at"] == self.flags["location"] else []
            case ["compute", kind, "list" | "describe" as verb, *names]:
                return compute(state["compute"], kind, verb, names, self.flags, self.given)
            case [*_, "list" | "describe"]:
                raise KeyError(self.line)
            case _:
                return None

    def _change(self) -> None:  # noqa: C901, PLR0912, PLR0915  # as above
        state, flags = self.state, self.flags
        match self.words:
            case ["services", "enable", *apis]:
                state["services"] += apis
            case ["beta", "services", "identity", "create"]:
                state["accounts"].append(AGENT.format(state["number"]).partition(":")[2])
            case ["iam", "service-accounts", "create", name]:
                state["accounts"].append(f"{name}@{flags['project']}.iam.gserviceaccount.com")
            case ["iam", "service-accounts", "delete", name]:
                state["accounts"].remove(name)
            case ["storage", "buckets", "create", url]:
                state["buckets"].append(url.removeprefix("gs://"))
            case ["storage", "buckets", "update", url]:
                rules = (self.folder / flags["lifecycle-file"]).read_text()
                state["lifecycles"][url.removeprefix("gs://")] = json.dumps(json.loads(rules))
            case ["storage", "rm", *urls]:
                self._remove(urls)
            case ["secrets", "create", name]:
                state["secrets"][name] = []
            case ["secrets", "delete", name]:
                del state["secrets"][name]
                state["policies"].pop(f"secrets {name}", None)
            case ["secrets", "versions", "add", name]:
                state["secrets"][name].append(self.given())
            case [*group, "add-iam-policy-binding", name]:
                member = flags["member"].partition(":")[2]
                if member and member not in state["accounts"]:
                    raise VendorError(f"INVALID_ARGUMENT: Service account {member} does not exist.")
                there = state["policies"].setdefault(self._place(group, name), [])
                there.append(f"{flags['role']}\t{flags['member']}")
            case [*group, "remove-iam-policy-binding", name]:
                there = state["policies"][self._place(group, name)]
                there.remove(f"{flags['role']}\t{flags['member']}")
            case ["functions", "deploy", name]:
                deploy_function(state, name, flags)
            case ["functions", "delete", name]:
                delete_function(state, name, flags["region"])
            case ["artifacts", "repositories", "delete", "gcf-artifacts"]:
                del state["packages"][flags["location"]]
            case ["artifacts", "packages", "delete", name]:
                state["packages"][flags["location"]].remove(name)
            case ["run", "services", "update-traffic", "create-session"]:
                update_traffic(state, flags)
            case ["run", "services", "update", "create-session"]:
                opened = "no-invoker-iam-check" in flags
                change = state["unchecked"].append if opened else state["unchecked"].remove
                change(flags["region"])
            case ["scheduler", "jobs", "create" | "update", "http", _]:
                names = ("schedule", "time-zone", "uri", "oidc-service-account-email")
                names += ("attempt-deadline", "max-retry-attempts")
                state["job"] = "|".join(flags[name] for name in names)
                state["job_at"] = flags["location"]
            case ["scheduler", "jobs", "delete", _]:
                assert state["job_at"] == flags["location"]
                state["job"] = state["job_at"] = ""
            case ["scheduler", "jobs", "run", _]:
                pass
            case ["compute", kind, verb, name]:
                compute(state["compute"], kind, verb, [name], flags, self.given)
            case _:
                raise KeyError(self.line)

    def _functions(self) -> list[str]:
        found = [(*at.split("/"), label) for at, label in self.state["functions"].items()]
        if "regions" in self.flags:
            there = [one for one in found if one[0] == self.flags["regions"]]
            return [f"{name}\tACTIVE\t{label}" for _, name, label in there]
        assert self.flags["format"] == "value(name.basename(),name.segment(3),labels.earshot)"
        return [f"{name}\t{region}\t{label}" for region, name, label in found]

    def _remove(self, urls: list[str]) -> None:
        assert "recursive" in self.flags
        for url in urls:
            bucket, _, folder = url.removeprefix("gs://").rstrip("/").partition("/")
            if folder:
                self.state["objects"][bucket].remove(folder)
            else:
                self.state["buckets"].remove(bucket)
                self.state["objects"].pop(bucket, None)
                self.state["policies"].pop(f"storage buckets gs://{bucket}", None)

    def _place(self, group: list[str], name: str) -> str:
        return " ".join([*group, name, self.flags.get("region", "")]).strip()

    def _real(self) -> list[str]:
        """The real gcloud's answer, cached for all folders with equal files: it takes seconds.

        What runs of deploy.sh leave behind, and the page, are no function's: see .gcloudignore.
        """
        names = sorted(
            str(one.relative_to(self.folder))
            for top in self.folder.iterdir()
            if top.name not in {".earshot", "firebase.deployed.json", "web"}
            for one in (top, *top.rglob("*"))
        )
        rules = (self.folder / ".gcloudignore").read_text()
        return _asked(tuple(self.line.split()), tuple(names), rules, self.folder)


_answers: dict[tuple[object, ...], list[str]] = {}


def _asked(words: tuple[str, ...], names: tuple[str, ...], rules: str, folder: Path) -> list[str]:
    kept = words, names, rules
    if kept not in _answers:
        environment = {**os.environ, "CLOUDSDK_CORE_PROJECT": "a-project"}
        done = subprocess.run(
            words, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        _answers[kept] = done.stdout.splitlines()
    return _answers[kept]
