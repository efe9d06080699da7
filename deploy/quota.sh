# shellcheck shell=bash
# Whether a project may have as many instances as the options ask for. Cloud Run refuses a function
# whose instances together could exceed the processors or the memory that the region's quota allows.
# https://cloud.google.com/run/quotas

# check_quota: for each function in its region, if the quota can be read.
check_quota() {
    local region answer='' limits
    if ! ask_google answer "serviceusage.googleapis.com/v1beta1/projects/$PROJECT_NUMBER/services/run.googleapis.com/consumerQuotaMetrics?view=FULL"; then
        note "Cloud Run's quota cannot be read: $(refusal "$answer")"
        note 'It goes on: the defaults fit a new project, which may use 20 processors and 40 GiB a region.'
        return
    fi
    for region in ${REGIONS//,/ }; do
        if ! limits=$("$PYTHON" -m deploy.quota "$region" <<<"$answer" 2>"$SAID"); then
            note "Cloud Run's quota in $region cannot be read: $(because)"
            continue
        fi
        fits_quota create-session "$region" MAX_INSTANCES "$CPU" "$MEMORY" "$limits"
        [[ $region == "${REGIONS%%,*}" ]] || continue
        fits_quota publish-catalog "$region" PUBLISH_MAX_INSTANCES "$PUBLISH_CPU" "$PUBLISH_MEMORY" "$limits"
        fits_quota update-summary-engagement "$region" ENGAGEMENT_MAX_INSTANCES 1 512Mi "$limits"
        fits_quota update-summary-profile "$region" PROFILE_MAX_INSTANCES 1 512Mi "$limits"
    done
}

# fits_quota FUNCTION REGION OPTION CPU MEMORY LIMITS: say how many instances are allowed, and
# whether that is too few. -1 is no limit.
fits_quota() {
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
