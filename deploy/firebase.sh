# shellcheck shell=bash
# What firebase deploys: the database's rules and indexes. Rules that are somebody else's are
# replaced only when that was asked for; of indexes nothing is ever removed.

FIREBASE_CONFIG=firebase.deployed.json
DEPLOYED_INDEXES=.earshot/indexes.deployed.json
MERGED_INDEXES=.earshot/indexes.merged.json

deploy_rules() {
    [[ $SKIP_RULES == false ]] || { note 'skipped'; return; }
    into "$DEPLOYED_INDEXES" "${FIREBASE[@]}" firestore:indexes --json --project="$PROJECT" \
        --non-interactive
    run "$PYTHON" -m deploy.indexes firestore.indexes.json "$DEPLOYED_INDEXES" "$MERGED_INDEXES"
    # Without --force, what is deployed and not in the file would stay, too.
    firebase_deploy firestore:rules,firestore:indexes Earshot
}

firebase_deploy() {
    run "${FIREBASE[@]}" deploy --only="$1" --config="$FIREBASE_CONFIG" --message="$2" \
        --project="$PROJECT" --non-interactive
}

# Rules are ours if they say so; those that allow nobody anything, or everybody everything for the
# days of a trial, are what a new database comes with.
check_rules() {
    local release='' ruleset='' rules=''
    [[ $SKIP_RULES == false && $REPLACE_RULES == false ]] || return 0
    look_at release "firebaserules.googleapis.com/v1/projects/$PROJECT/releases/cloud.firestore"
    ruleset=$(sed -n 's/.*"rulesetName": *"\([^"]*\)".*/\1/p' <<<"$release")
    [[ $ruleset ]] || return 0
    look_at rules "firebaserules.googleapis.com/v1/$ruleset"
    [[ $rules != *'Rules of Earshot'* ]] || return 0
    rules=$(grep -o 'allow [^;]*;' <<<"$rules" || true)
    rules=$(grep -vE ': if (false|request\.time (<|\\u003c) timestamp\.date\([0-9, ]*\));' <<<"$rules" || true)
    [[ -z $rules ]] || missing "leave to replace the database's rules, which are not Earshot's" \
        '--skip-rules, once yours allow what firestore.rules allows; or --replace-rules'
}

# look_at VARIABLE ADDRESS: what is there; nothing where there is nothing, or never was an API.
look_at() {
    local _answer=''
    if ask_google _answer "$2"; then
        printf -v "$1" %s "$_answer"
    elif [[ $API_STATUS != 404 && $_answer != *SERVICE_DISABLED* ]]; then
        missing "a look at $2" "$(refusal "$_answer")"
    fi
}
