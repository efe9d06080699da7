"""A stand-in for somebody's account: `gcloud`, `firebase` and `curl` as deploy.sh calls them.

Called by one of these names, it writes down the call, and answers from a state file as the real one
would: what has been created is listed from then on. A lookup that it does not know is an error.
What the real gcloud answers without an account, the real gcloud is asked.

It is started a hundred times for one run, so it imports little.
"""

from __future__ import annotations

import json
import os
import re
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EMPTY: dict[str, object] = {
    "calls": [],
    "changes": [],
    "account": "somebody@example.com",
    "number": "123456789",
    "billing": "True",
    "databases": ["(default)\tFIRESTORE_NATIVE\tnam5"],
    "services": [],
    "accounts": [],
    "buckets": [],
    "secrets": {},
    "policies": {},
    "functions": {},
    "unchecked": [],
    "job": "",
    "compute": {},
    "backend": "",
    "rules": "",
    "site": "",
    "fails": "",
}
"""A project in which there is a database and nothing else. `fails`: a pattern of calls that do."""


class Cloud:
    """One call, and the state before and after it."""

    def __init__(self, state: dict[str, Any], words: list[str]) -> None:
        self.state = state
        self.line = " ".join(words)
        self.words = [word for word in words[1:] if not word.startswith("--")]
        self.flags = dict(w[2:].partition("=")[::2] for w in words if w.startswith("--"))

    def answer(self) -> str:
        """What is printed. Raises KeyError for a call that deploy.sh has no business making."""
        if found := self._lookup():
            return "\n".join(found[0])
        self.state["changes"].append(self.line)
        self._change()
        return ""

    def _lookup(self) -> tuple[list[str]] | None:  # noqa: C901, PLR0912  # a case for each command
        state, verb = self.state, self.words[-1]
        match self.words:
            case ["auth", "list"]:
                lines = [state["account"]]
            case ["auth", "print-access-token"]:
                lines = ["token"]
            case ["projects", "describe", _]:
                lines = [state["number"]]
            case ["billing", "projects", "describe", _]:
                lines = [state["billing"]]
            case ["firestore", "databases", "list"]:
                lines = state["databases"]
            case ["config" | "meta", *_]:
                lines = real_gcloud(self.line.split()[1:])
            case ["services", "list"]:
                lines = state["services"]
            case ["iam", "service-accounts", "list"]:
                lines = state["accounts"]
            case ["storage", "buckets", "list"]:
                lines = state["buckets"]
            case ["secrets", "list"]:
                lines = list(state["secrets"])
            case ["secrets", "versions", "list", name]:
                lines = [str(len(state["secrets"][name]))] if state["secrets"].get(name) else []
            case [*group, "get-iam-policy", name]:
                lines = state["policies"].get(self._place(group, name), [])
            case ["functions", "list"]:
                lines = [
                    f"{name}\tACTIVE\t{label}" if "regions" in self.flags else f"{name}\t{region}"
                    for at, label in state["functions"].items()
                    for region, name in [at.split("/")]
                    if self.flags.get("regions", region) == region
                ]
            case ["functions", "describe", name]:
                lines = [f"https://{name}-x.a.run.app"]
            case ["run", "services", "describe", _]:
                lines = ["true" if self.flags["region"] in state["unchecked"] else ""]
            case ["scheduler", "jobs", "list"]:
                lines = [state["job"]]
            case ["compute", "backend-services", "list"]:
                lines = [state["backend"]]
            case ["compute", "addresses", "describe", _]:
                lines = ["203.0.113.7"]
            case ["compute", kind, "list"]:
                lines = state["compute"].get(kind, [])
            case _ if verb in {"list", "describe"}:
                raise KeyError(self.line)
            case _:
                return None
        return (lines,)

    def _change(self) -> None:  # noqa: C901, PLR0912  # as above
        state, flags = self.state, self.flags
        match self.words:
            case ["services", "enable", *apis]:
                state["services"] += apis
            case ["iam", "service-accounts", "create", name]:
                state["accounts"].append(f"{name}@{flags['project']}.iam.gserviceaccount.com")
            case ["storage", "buckets", "create", url]:
                state["buckets"].append(url.removeprefix("gs://"))
            case ["secrets", "create", name]:
                state["secrets"][name] = []
            case ["secrets", "versions", "add", name]:
                state["secrets"][name].append(sys.stdin.read())
            case [*group, "add-iam-policy-binding", name]:
                there = state["policies"].setdefault(self._place(group, name), [])
                there.append(f"{flags['role']}\t{flags['member']}")
            case ["functions", "deploy", name]:
                label = flags["update-labels"].removeprefix("earshot=")
                state["functions"][f"{flags['region']}/{name}"] = label
            case ["run", "services", "update", "create-session"]:
                (
                    state["unchecked"].remove
                    if "invoker-iam-check" in flags
                    else state["unchecked"].append
                )(flags["region"])
            case ["scheduler", "jobs", "create" | "update", "http", _]:
                names = ("schedule", "time-zone", "uri", "oidc-service-account-email")
                names += ("attempt-deadline", "max-retry-attempts")
                state["job"] = "|".join(flags[name] for name in names)
            case ["compute", "backend-services", "import", _]:
                state["backend"] = re.search(r"description: '(.*)'", sys.stdin.read())[1]  # type: ignore[index]
            case ["compute", kind, "create", name]:
                state["compute"].setdefault(kind, []).append(name)
            case ["beta", "services", "identity", "create"] | ["scheduler", "jobs", "run", _]:
                pass
            case _:
                raise KeyError(self.line)

    def _place(self, group: list[str], name: str) -> str:
        return " ".join([*group, name, self.flags.get("region", "")]).strip()


def real_gcloud(words: list[str]) -> list[str]:
    """What the real one prints, called as it is.

    It takes seconds to start. So it is asked once for all folders that hold files of equal names.
    """
    import hashlib  # noqa: PLC0415  # for this call alone
    import subprocess  # noqa: PLC0415  # as above

    names = sorted(os.path.join(at, name) for at, _, files in os.walk(".") for name in files)  # noqa: PTH118  # as above
    with open(".gcloudignore") as rules:  # noqa: PTH123  # as above
        asked = hashlib.sha256("\n".join([*words, *names, rules.read()]).encode()).hexdigest()
    kept = os.path.join(os.environ["GCLOUD_ANSWERS"], asked)  # noqa: PTH118  # as above
    if not os.path.exists(kept):  # noqa: PTH110  # as above
        environment = {**os.environ, "PATH": os.environ["GCLOUD_PATH"]}
        done = subprocess.run(
            ["gcloud", *words], env=environment, stdout=subprocess.PIPE, check=True
        )
        with open(f"{kept}.{os.getpid()}", "wb") as answer:  # noqa: PTH123  # as above
            answer.write(done.stdout)
        os.rename(answer.name, kept)  # noqa: PTH104  # as above
    with open(kept) as answer:  # noqa: PTH123  # as above
        return answer.read().splitlines()


def firebase(state: dict[str, Any], words: list[str]) -> str:
    """`firebase login:list` and `firebase deploy`."""
    if words[1] == "login:list":
        return "Logged in as somebody@example.com"
    state["changes"].append(" ".join(words))
    if "--only=hosting" in words:
        (message,) = (w.partition("=")[2] for w in words if w.startswith("--message="))
        state["site"] = json.dumps({"release": {"message": message}})
    else:
        with open("firestore.rules") as rules:  # noqa: PTH123  # pathlib takes as long as all else
            state["rules"] = rules.read()
    return ""


def curl(state: dict[str, Any], words: list[str]) -> str:
    """The two addresses of Google that deploy.sh looks at."""
    assert sys.stdin.read() == "Authorization: Bearer token\n"
    if words[-1].endswith("/releases/cloud.firestore"):
        body = '{"rulesetName": "projects/p/rulesets/r"}' if state["rules"] else ""
    elif words[-1].endswith("/rulesets/r"):
        body = json.dumps({"source": {"files": [{"content": state["rules"]}]}})
    else:
        assert words[-1].endswith("/channels/live"), words
        body = state["site"]
    return f"{body}\n{200 if body else 404}"


def main() -> int:
    """Answer one call."""
    with open(os.environ["FAKE_CLOUD"], "r+") as place:  # noqa: PTH123  # as above
        state = json.load(place)
        words = [os.path.basename(sys.argv[0]), *sys.argv[1:]]  # noqa: PTH119  # as above
        state["calls"].append(words)
        failing = bool(state["fails"] and re.search(state["fails"], " ".join(words)))
        if not failing:
            kind = {"firebase": firebase, "curl": curl}.get(words[0])
            print(kind(state, words) if kind else Cloud(state, words).answer())  # noqa: T201
        place.seek(0)
        place.truncate()
        json.dump(state, place)
    if failing:
        print("ERROR: told to fail", file=sys.stderr)  # noqa: T201
    return int(failing)


if __name__ == "__main__":
    sys.exit(main())
