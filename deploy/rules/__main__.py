"""Merges Earshot's block into rules, shows the difference, and refuses an overlap with an app's.

python3 -m deploy.rules --live=THEIR.rules --merged=FILE
"""

import argparse
import difflib
import json
import sys
from pathlib import Path

from deploy.rules.block import read_locations
from deploy.rules.merge import merge_rules
from deploy.rules.scanner import RulesError


def main() -> None:
    """Writes the merged rules; exits with 1 and the reasons if they cannot be merged."""
    parser = argparse.ArgumentParser(prog="python3 -m deploy.rules", description=__doc__)
    parser.add_argument("--live", type=Path, required=True, help="file of rules, or API's ruleset")
    parser.add_argument("--merged", type=Path, required=True, help="file to write")
    parser.add_argument("--schema", type=Path, help="schema.toml (default: the plain layout)")
    parser.add_argument(
        "--accept-overlap", action="store_true", help="write also if documents are shared"
    )
    chosen = parser.parse_args()
    try:
        live = read_live(chosen.live.read_text())
        template = Path("firestore.rules").read_text()
        merged = merge_rules(live, template, read_locations(chosen.schema))
    except (OSError, ValueError) as error:
        sys.exit(f"the rules cannot be merged: {error}")
    for line in difference(live, merged.text) or ["the rules have not changed"]:
        print(f"# rules: {line}")
    said = "\n".join(map(str, merged.overlaps))
    if said and not chosen.accept_overlap:
        sys.exit(f"{said}\nTo deploy in spite of this, pass --accept-rules-overlap")
    if said:
        print("# rules: accepted: " + said.replace("\n", "\n# rules: "))
    chosen.merged.parent.mkdir(parents=True, exist_ok=True)
    chosen.merged.write_text(merged.text)


def read_live(text: str) -> str:
    """Returns rules from a file of rules or from the Rules API's response. Raises `RulesError`."""
    if not text.lstrip().startswith("{"):
        return text
    files = json.loads(text).get("source", {}).get("files", [])
    if len(files) != 1:
        raise RulesError(f"expected a ruleset of one file, got {len(files)}")
    content: str = files[0]["content"]
    return content


def difference(before: str, after: str) -> list[str]:
    """Returns the lines of a unified diff, or one line for a database without rules."""
    if not before.strip():
        return ["those of firestore.rules; there are none yet"]
    lines = before.splitlines(), after.splitlines()
    return list(difflib.unified_diff(*lines, "live", "deployed", lineterm="", n=2))


if __name__ == "__main__":
    main()
