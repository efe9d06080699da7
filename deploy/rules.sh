# shellcheck shell=bash
# Reads the project's rules and puts Earshot's block among them. See deploy/rules/.

LIVE_RULES=.earshot/rules.live
MERGED_RULES=.earshot/firestore.rules

# check_rules: keeps the rules that are live, and asks for a merge that opens nothing. Sets LIVE_RULESET.
check_rules() {
    local rules='' reasons
    LIVE_RULESET=
    [[ $SKIP_RULES == false && $PYTHON ]] || return 0
    find_ruleset
    if [[ $LIVE_RULESET ]]; then
        fetch_into rules "firebaserules.googleapis.com/v1/$LIVE_RULESET"
        [[ $rules ]] || missing 'the rules of the database' "$LIVE_RULESET is live, but not found"
    fi
    mkdir -p .earshot
    printf '%s' "$rules" >"$LIVE_RULES"
    reasons=$("${MERGE[@]}" 2>&1 >/dev/null) \
        || missing 'rules of the database that stay apart from Earshot'"'"'s' "$reasons"
}

# find_ruleset: sets LIVE_RULESET to the name of the live ruleset, empty without one.
find_ruleset() {
    local release='' name=cloud.firestore
    [[ $DATABASE == '(default)' ]] || name+=/$DATABASE
    fetch_into release "firebaserules.googleapis.com/v1/projects/$PROJECT/releases/$name"
    LIVE_RULESET=$(sed -n 's/.*"rulesetName": *"\([^"]*\)".*/\1/p' <<<"$release")
}

# merge_rules: writes MERGED_RULES and prints the difference; a dry run only with --rules=FILE.
merge_rules() {
    local before=${LIVE_RULESET-}
    if [[ $DRY_RUN == false ]]; then
        MISSING=
        find_ruleset
        [[ -z $MISSING && $LIVE_RULESET == "$before" ]] \
            || die 'the rules of the database have changed since this run began: run it again'
    fi
    run "${MERGE[@]}"
    [[ $DRY_RUN == false || -z ${RULES-} ]] || "${MERGE[@]}"
}

# choose_merge: sets MERGE, the command that merges rules.
choose_merge() {
    MERGE=("$PYTHON" -m deploy.rules --live="${RULES:-$LIVE_RULES}" --merged="$MERGED_RULES")
    [[ -z ${SCHEMA-} ]] || MERGE+=(--schema="$SCHEMA")
    [[ $ACCEPT_RULES_OVERLAP == false ]] || MERGE+=(--accept-overlap)
}
