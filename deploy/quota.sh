# shellcheck shell=bash
# Checks that a project's quota allows the instances that the options ask for. Cloud Run refuses a
# function whose instances together could exceed the processors or the memory of the region's quota.
# https://cloud.google.com/run/quotas

# check_quota: checks each function in its region, if the quota can be read.
check_quota() {
    local region answer='' limits name
    if ! ask_google answer "serviceusage.googleapis.com/v1beta1/projects/$PROJECT_NUMBER/services/run.googleapis.com/consumerQuotaMetrics?view=FULL"; then
        note "Cloud Run's quota cannot be read: $(api_error "$answer")"
        note 'Continuing: the defaults fit a new project, which may use 20 processors and 40 GiB in a region.'
        return
    fi
    for region in ${REGIONS//,/ }; do
        if ! limits=$("$PYTHON" -m deploy.quota "$region" <<<"$answer" 2>"$SAID"); then
            note "Cloud Run's quota in $region cannot be read: $(last_error)"
            continue
        fi
        check_quota_of create-session "$region" MAX_INSTANCES "$CPU" "$MEMORY" "$limits"
        [[ $region == "${REGIONS%%,*}" ]] || continue
        check_quota_of publish-catalog "$region" PUBLISH_MAX_INSTANCES "$PUBLISH_CPU" "$PUBLISH_MEMORY" "$limits"
        for name in $FUNCTIONS; do
            case $name in
                create-session | publish-catalog | find-audience) ;;
                *-profile | *-deletion) check_quota_of "$name" "$region" PROFILE_MAX_INSTANCES 1 512Mi "$limits" ;;
                *) check_quota_of "$name" "$region" ENGAGEMENT_MAX_INSTANCES 1 512Mi "$limits" ;;
            esac
        done
    done
}

# check_quota_of FUNCTION REGION OPTION CPU MEMORY LIMITS: prints how many instances are allowed, and
# lists the quota as missing if that is too few. A limit of -1 means unlimited.
check_quota_of() {
    local cpu_limit memory_limit most=1000000 by_memory option
    read -r cpu_limit memory_limit <<<"$6"
    option=--$(tr A-Z_ a-z- <<<"$3")
    ((cpu_limit < 0)) || most=$((cpu_limit / (1000 * $4)))
    by_memory=$((memory_limit / ($(megabytes "$5") * 1024 * 1024)))
    ((memory_limit < 0 || by_memory >= most)) || most=$by_memory
    note "$1 in $2: up to ${!3} instances; the project's quota allows $most."
    ((${!3} <= most)) || missing "quota for ${!3} instances of $1 in $2" \
        "$option=$most, or ask for more: https://console.cloud.google.com/iam-admin/quotas?project=$PROJECT"
}
