# shellcheck shell=bash
# Gives a new version of create-session a share of the traffic, and goes back to the version before.

# hold_traffic REGION: with --traffic, keeps all traffic where it is while a new version is deployed.
hold_traffic() {
    [[ -z ${TRAFFIC-} ]] || move_traffic "$1" REVISION=100 hold
}

# share_traffic REGION: gives the new version its share, without --traffic all.
share_traffic() {
    if [[ ${TRAFFIC-} ]]; then
        move_traffic "$1" "NEW_REVISION=$TRAFFIC,REVISION=$((100 - TRAFFIC))" share "$TRAFFIC"
    else
        move_traffic "$1" '' latest
    fi
}

# move_traffic REGION PLACEHOLDER WORD...: moves traffic as deploy/traffic.py decides by these words.
move_traffic() {
    local region=$1 wanted
    wanted=$(look_up "$2" decide_traffic "$region" "${@:3}") || return
    [[ -z $wanted ]] || run gcloud run services update-traffic create-session --project="$PROJECT" \
        --region="$region" --to-revisions="$wanted"
}

decide_traffic() {
    local service revisions='[]'
    service=$(gcloud run services describe create-session --project="$PROJECT" --region="$1" \
        --format=json) || return
    [[ $2 != back ]] || revisions=$(gcloud run revisions list --service=create-session \
        --project="$PROJECT" --region="$1" --format=json) || return
    printf '[%s,%s]' "$service" "$revisions" | "$PYTHON" -m deploy.traffic "${@:2}"
}

# waits_for_all FUNCTION: whether a run with --traffic leaves the function as it is, and says so.
waits_for_all() {
    [[ ${TRAFFIC-} && $1 != create-session ]] || return 1
    note "$1 stays as it is until a run without --traffic"
}

# check_traffic: --traffic needs a version that the new one shares with.
check_traffic() {
    local region there=''
    [[ ${TRAFFIC-} ]] || return 0
    for region in ${REGIONS//,/ }; do
        capture there gcloud functions list --v2 --project="$PROJECT" --regions="$region" \
            --format='value(name.basename(),state,labels.earshot)' || true
        [[ $'\n'$there == *$'\ncreate-session\t'* ]] \
            || missing "a version of create-session in $region" 'deploy it first without --traffic'
    done
}

# rollback: sends all traffic of create-session to the version before, in each region.
rollback() {
    local name region label there left=''
    if [[ $DRY_RUN == true ]]; then
        PROJECT=${PROJECT:-PROJECT_ID}
        REGIONS=${REGIONS:-REGION}
        there=$(printf 'create-session\t%s\tours\n' ${REGIONS//,/ })
    else
        command -v gcloud >/dev/null || die 'gcloud is missing: https://cloud.google.com/sdk/docs/install'
        MISSING=
        SAID=$(mktemp)
        trap 'rm -f "$SAID"' EXIT
        check_project || true
        [[ -z $MISSING ]] || die "this is missing, and nothing was changed:$MISSING"
        there=$(list_functions)
    fi
    trap failed ERR
    while IFS=$'\t' read -r name region label; do
        [[ $name == create-session && $label ]] || continue
        step "create-session in $region goes back"
        move_traffic "$region" REVISION=100 back || left+=" $region"
    done <<<"$there"
    ((STEP_NUMBER)) || die "create-session of Earshot is not deployed in $PROJECT"
    [[ -z $left ]] || die "create-session stays as it is in:$left"
    note 'The next run of ./deploy.sh sends all traffic to the newest version again.'
}
