#!/usr/bin/env bash
# Deploys Earshot to a Firebase project. Run it again after any change: it does what is left to do,
# deletes nothing, and replaces nothing that is not Earshot's. ./deploy.sh --help; docs/deploy.md.
set -Eeuo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

. deploy/commands.sh
. deploy/options.sh
. deploy/check.sh
. deploy/firebase.sh
. deploy/project.sh
. deploy/functions.sh
. deploy/balancer.sh

main() {
    local region
    export CLOUDSDK_CORE_DISABLE_PROMPTS=1
    read_options "$@"
    check
    trap failed ERR
    SOURCE_DIGEST=$(look_up DIGEST source_digest)
    note "Earshot for $PROJECT: functions in $REGIONS, database in $DATABASE_LOCATION"
    echo 'export CLOUDSDK_CORE_DISABLE_PROMPTS=1'

    step 'APIs'
    enable_apis
    step 'Service accounts, one for each function and each caller'
    create_accounts
    step 'The bucket of snapshots'
    create_bucket
    step 'The key that signs cursors'
    create_cursor_key
    step 'Roles, no more than each account needs'
    grant_roles
    step 'Rules and indexes of the database'
    configure_firebase
    deploy_rules
    step 'publish-catalog, called by Cloud Scheduler alone'
    deploy_publish_catalog
    for region in ${REGIONS//,/ }; do
        step "create-session in $region"
        deploy_create_session "$region"
    done
    step 'update-summary, called by Eventarc alone'
    deploy_triggers
    step 'The schedule'
    schedule_builds
    step 'The site'
    deploy_site
    step 'The load balancer'
    balance_regions
    [[ $DRY_RUN == true ]] || report
}

# report: where it is, and what to look at next.
report() {
    note "Deployed. https://$PROJECT.web.app; the first catalog is there in some minutes."
    note "Look it over: python -m functions.doctor --url https://$PROJECT.web.app"
    name_leftovers
}

main "$@"
