# shellcheck shell=bash
# Chooses the Hosting site, checks whether it may be replaced, and deploys it. A project may have
# several sites or none, and its default site may have any name.

HOSTED=.earshot/hosting
SITES_API=firebasehosting.googleapis.com/v1beta1/projects

# check_site: sets SITE, SITE_URL, NEW_SITE ("new" or "there"), and LIVE_SITE, its live release.
check_site() {
    local sites='' chosen='' asked_for=${SITE-} answer=''
    LIVE_SITE=
    [[ $SKIP_HOSTING == false ]] || return 0
    list_sites sites || return 0
    chosen=$("$PYTHON" -m deploy.sites --project="$PROJECT" --site="$asked_for" <<<"$sites")
    IFS=$'\t' read -r SITE SITE_URL NEW_SITE <<<"$chosen"
    if [[ $NEW_SITE == new ]]; then
        ask_google answer "$SITES_API/$PROJECT/sites?siteId=$SITE&validateOnly=true" \
            --header 'content-type: application/json' --data '{}' \
            || missing "a Hosting site that may be called $SITE" "$(api_error "$answer")"$'\n''--site=NAME'
        return 0
    fi
    fetch_into LIVE_SITE "$SITES_API/$PROJECT/sites/$SITE/channels/live"
    [[ $asked_for ]] || is_free "$LIVE_SITE" \
        || missing "permission to replace the site $SITE, which is not Earshot's" \
            "--site=$SITE replaces it, --site=OTHER is one beside it, made if there is none;
or --skip-hosting, and a rewrite like that of firebase.json in yours"
}

# list_sites VARIABLE: sets the variable to the Hosting API's list of the project's sites.
list_sites() {
    local _sites=''
    if ! ask_google _sites "$SITES_API/$PROJECT/sites?pageSize=40"; then
        if [[ $API_STATUS == 404 || $_sites == *SERVICE_DISABLED* ]]; then
            missing 'Firebase in this project' "firebase projects:addfirebase $PROJECT
gcloud services enable firebasehosting.googleapis.com --project=$PROJECT"
        else
            missing "access to the project's Hosting sites" "$(api_error "$_sites")"
        fi
        return 1
    fi
    printf -v "$1" %s "$_sites"
}

# is_ours LIVE: whether the live release of a site has the message of this script.
is_ours() {
    [[ $1 =~ '"message": '?'"Earshot ' ]]
}

# is_free LIVE: whether a deployment would replace nothing of others: no live release, or ours.
is_free() {
    [[ $1 != *'"release":'* || $1 =~ '"type": '?'"SITE_DISABLE"' ]] || is_ours "$1"
}

# A new site takes minutes to be known everywhere, so it is created early.
create_site() {
    [[ $SKIP_HOSTING == false ]] || { note 'skipped'; return; }
    [[ $NEW_SITE == new ]] || { note "it is $SITE"; return; }
    run "${FIREBASE[@]}" hosting:sites:create "$SITE" --project="$PROJECT" --non-interactive
}

# configure_firebase: writes the configuration of this deployment and its copy of web/.
configure_firebase() {
    local settings=()
    [[ $DATABASE == '(default)' ]] || settings+=(--database="$DATABASE")
    # Hosting is reported to hold streams back, so the page asks the function itself.
    if [[ -n $API_DOMAIN ]]; then
        settings+=(--api="https://$API_DOMAIN/api")
    elif [[ $LOAD_BALANCER == false ]]; then
        settings+=(--stream="https://create-session-$PROJECT_NUMBER.$HOME_REGION.run.app/api")
    fi
    [[ -z ${APP_CHECK_SITE_KEY-} ]] || settings+=(--app-check-site-key="$APP_CHECK_SITE_KEY")
    run "$PYTHON" -m deploy.hosting --site="${SITE:-$PROJECT}" --region="$HOME_REGION" \
        ${settings[@]+"${settings[@]}"} --indexes="$MERGED_INDEXES" --rules="$MERGED_RULES" --public="$HOSTED" \
        --config="$FIREBASE_CONFIG"
}

# The message of a release contains the digest of its files, so that an unchanged site is recognised.
deploy_site() {
    local digest message
    ! waits_for_all 'the site' || return 0
    [[ $SKIP_HOSTING == false ]] || { note 'skipped'; return; }
    digest=$(look_up fingerprint site_digest)
    message="Earshot $digest"
    if [[ $REDEPLOY == false && ${LIVE_SITE-} == *"\"$message\""* ]]; then
        note 'the site has not changed'
        return
    fi
    firebase_deploy hosting "$message"
}

site_digest() {
    find "$HOSTED" "$FIREBASE_CONFIG" -type f -print0 | LC_ALL=C sort -z | digest_of_files
}
