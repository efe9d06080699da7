# shellcheck shell=bash
# Deploys the database's rules and indexes with firebase. Rules of an app stay as they are around
# Earshot's; indexes are never removed.

FIREBASE_CONFIG=firebase.deployed.json
DEPLOYED_INDEXES=.earshot/indexes.deployed.json
MERGED_INDEXES=.earshot/indexes.merged.json

deploy_rules() {
    [[ $SKIP_RULES == false ]] || { note 'skipped'; return; }
    local database=()
    [[ $DATABASE == '(default)' ]] || database=(--database="$DATABASE")
    into "$DEPLOYED_INDEXES" "${FIREBASE[@]}" firestore:indexes --json --project="$PROJECT" \
        ${database[@]+"${database[@]}"} --non-interactive
    run "$PYTHON" -m deploy.indexes firestore.indexes.json "$DEPLOYED_INDEXES" "$MERGED_INDEXES" \
        ${SCHEMA:+"$SCHEMA"}
    merge_rules
    # Without --force, firebase keeps deployed indexes that are not in the file.
    firebase_deploy firestore:rules,firestore:indexes Earshot
}

firebase_deploy() {
    run "${FIREBASE[@]}" deploy --only="$1" --config="$FIREBASE_CONFIG" --message="$2" \
        --project="$PROJECT" --non-interactive
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
