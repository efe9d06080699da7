#!/usr/bin/env bash
# Deploys Earshot to a Firebase project. Run it again after any change: it applies only the differences,
# deletes nothing, and replaces nothing that is not Earshot's. With --destroy it removes what it created.
# See ./deploy.sh --help and docs/deploy.md.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

. deploy/commands.sh
. deploy/limits.sh
. deploy/certificate.sh
. deploy/schedule.sh
. deploy/options.sh
. deploy/schema.sh
. deploy/google.sh
. deploy/quota.sh
. deploy/check.sh
. deploy/firebase.sh
. deploy/rules.sh
. deploy/site.sh
. deploy/project.sh
. deploy/functions.sh
. deploy/traffic.sh
. deploy/balancer.sh
. deploy/destroy.sh
. deploy/destroy_balancer.sh
. deploy/destroy_build.sh
. deploy/destroy_data.sh

main() {
    export CLOUDSDK_CORE_DISABLE_PROMPTS=1
    read_options "$@"
    if [[ $DESTROY == true ]]; then
        destroy
    elif [[ $ROLLBACK == true ]]; then
        rollback
    else
        deploy
    fi
}

deploy() {
    local region
    check
    trap failed ERR
    SOURCE_DIGEST=$(look_up DIGEST source_digest)
    note "Earshot for $PROJECT: functions in $REGIONS, database in $DATABASE_LOCATION"
    echo 'export CLOUDSDK_CORE_DISABLE_PROMPTS=1'

    step 'APIs'
    enable_apis
    step 'A Hosting site'
    create_site
    step 'Service accounts, one for each function and each caller'
    create_accounts
    step 'The bucket of snapshots'
    create_bucket
    create_audience_bucket
    step 'The key that signs cursors'
    create_cursor_key
    step 'Roles, no more than each account needs'
    grant_roles
    step 'The configuration for firebase, and the page'
    find_api_domain
    configure_firebase
    step 'Rules and indexes of the database'
    deploy_rules
    step 'publish-catalog, called by Cloud Scheduler alone'
    deploy_publish_catalog
    deploy_find_audience
    # The page stops calling the functions' own addresses before these close.
    [[ -z $API_DOMAIN ]] || deploy_page
    for region in ${REGIONS//,/ }; do
        step "create-session in $region"
        deploy_create_session "$region"
    done
    step 'update-summary, called by Eventarc alone'
    deploy_triggers
    step 'The schedule'
    schedule_builds
    [[ $API_DOMAIN ]] || deploy_page
    step 'The load balancer'
    balance_regions
    [[ $DRY_RUN == true ]] || report
}

deploy_page() {
    step 'The site'
    deploy_site
}

# report: prints the addresses and the next command.
report() {
    local api=${API_DOMAIN:+https://$API_DOMAIN}
    [[ -z $SITE_URL ]] || note "Deployed: $SITE_URL"
    [[ -z $api ]] || note "The API is at $api/api."
    api=${api:-${SITE_URL:-$(own_address)}}
    note "The first catalog will be ready in a few minutes."
    note "Check the deployment: python -m operations.doctor --url $api"
    name_leftovers
}

main "$@"
