# shellcheck shell=bash
# Deploys the database's rules and indexes with firebase. Rules that are not Earshot's are replaced only
# with --replace-rules; indexes are never removed.

FIREBASE_CONFIG=firebase.deployed.json
DEPLOYED_INDEXES=.earshot/indexes.deployed.json
MERGED_INDEXES=.earshot/indexes.merged.json

deploy_rules() {
    [[ $SKIP_RULES == false ]] || { note 'skipped'; return; }
    into "$DEPLOYED_INDEXES" "${FIREBASE[@]}" firestore:indexes --json --project="$PROJECT" \
        --non-interactive
    run "$PYTHON" -m deploy.indexes firestore.indexes.json "$DEPLOYED_INDEXES" "$MERGED_INDEXES"
    # Without --force, firebase keeps deployed indexes that are not in the file.
    firebase_deploy firestore:rules,firestore:indexes Earshot
}

firebase_deploy() {
    run "${FIREBASE[@]}" deploy --only="$1" --config="$FIREBASE_CONFIG" --message="$2" \
        --project="$PROJECT" --non-interactive
}

# Rules that contain "Rules of Earshot" are Earshot's. A new database comes with rules that deny
# everything, or that allow everything until a date; these are replaced, too.
check_rules() {
    local release='' ruleset='' rules=''
    [[ $SKIP_RULES == false && $REPLACE_RULES == false ]] || return 0
    fetch_into release "firebaserules.googleapis.com/v1/projects/$PROJECT/releases/cloud.firestore"
    ruleset=$(sed -n 's/.*"rulesetName": *"\([^"]*\)".*/\1/p' <<<"$release")
    [[ $ruleset ]] || return 0
    fetch_into rules "firebaserules.googleapis.com/v1/$ruleset"
    [[ $rules != *'Rules of Earshot'* ]] || return 0
    rules=$(grep -o 'allow [^;]*;' <<<"$rules" || true)
    rules=$(grep -vE ': if (false|request\.time (<|\\u003c) timestamp\.date\([0-9, ]*\));' <<<"$rules" || true)
    [[ -z $rules ]] || missing "permission to replace the database's rules, which are not Earshot's" \
        '--skip-rules, once yours allow what firestore.rules allows; or --replace-rules'
}

# fetch_into VARIABLE ADDRESS: sets the variable to what is there, or to nothing if the resource does
# not exist or its API is not enabled.
fetch_into() {
    local _answer=''
    if ask_google _answer "$2"; then
        printf -v "$1" %s "$_answer"
    elif [[ $API_STATUS != 404 && $_answer != *SERVICE_DISABLED* ]]; then
        missing "access to $2" "$(api_error "$_answer")"
    fi
}
