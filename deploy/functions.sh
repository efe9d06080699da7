# shellcheck shell=bash
# Deploys the functions, grants the right to call them, and schedules builds.

deploy_publish_catalog() {
    local environment secrets=''
    environment=$(variables "$PUBLISH_SETTINGS $(enrichment_settings) $PINECONE_SETTINGS $DATA_SETTINGS" \
        SHELF="gs://$BUCKET" STORE=firestore FIREBASE_PROJECT="$PROJECT")
    [[ ${VECTORS-} != pinecone ]] || secrets=PINECONE_API_KEY=$PINECONE_SECRET:$PINECONE_VERSION
    [[ ${ENRICH-} != openai ]] || secrets+=${secrets:+,}MODEL_API_KEY=$MODEL_SECRET:$MODEL_VERSION
    deploy_function publish-catalog "$HOME_REGION" --entry-point=publish_catalog --trigger-http \
        --no-allow-unauthenticated --service-account="$(account publish)" \
        --memory="$PUBLISH_MEMORY" --cpu="$PUBLISH_CPU" --concurrency=8 --timeout=1800s \
        --max-instances="$PUBLISH_MAX_INSTANCES" --set-env-vars="$environment" \
        ${secrets:+--set-secrets="$secrets"}
    grant roles/run.invoker scheduler service publish-catalog "$HOME_REGION"
}

# One call at a time: two equal ones would do the same work.
deploy_find_audience() {
    local environment
    [[ $AUDIENCE == true ]] || return 0
    step 'find-audience, for callers with the right to invoke it'
    environment=$(variables "$AUDIENCE_SETTINGS $DATA_SETTINGS" SHELF="gs://$BUCKET" \
        AUDIENCES="gs://$BUCKET-audiences" STORE=firestore FIREBASE_PROJECT="$PROJECT")
    deploy_function find-audience "$HOME_REGION" --entry-point=find_audience --trigger-http \
        --no-allow-unauthenticated --service-account="$(account audience)" \
        --memory="$AUDIENCE_MEMORY" --cpu=1 --concurrency=1 --timeout=1800s --max-instances=1 \
        --set-env-vars="$environment"
}

# enrichment_settings: prints the settings of the model that builds ask, if they ask one.
enrichment_settings() {
    [[ ${ENRICH:-none} == none ]] || echo 'GENAI_REGIONS MODEL MODEL_CONCURRENCY MODEL_PRICE MODEL_URL'
}

deploy_create_session() {
    local region=$1 environment secrets=CURSOR_KEYS=$CURSOR_SECRET:$CURSOR_VERSION private=''
    local ingress=all hops=${TRUSTED_HOPS-} site=${SITE_ORIGIN-}
    # Only requests through the load balancer, once the page calls that. It appends the client's address
    # and its own to X-Forwarded-For.
    # And what is shared is then answered at the API's address, and leads to the site's.
    [[ -z $API_DOMAIN ]] || ingress=internal-and-gclb hops=${hops:-2} site=${site:-$SITE_URL}
    environment=$(CORS_ORIGINS=$(origins) TRUSTED_HOPS=$hops SITE_ORIGIN=$site \
        variables "$SESSION_SETTINGS $MODEL_SETTINGS $PINECONE_SETTINGS $DATA_SETTINGS" SHELF="gs://$BUCKET" \
        STORE=firestore AUTH=firebase FIREBASE_PROJECT="$PROJECT" \
        MEMORY_LIMIT_MB="$(megabytes "$MEMORY")" CONCURRENCY="$CONCURRENCY")
    ! session_uses_pinecone \
        || secrets+=,PINECONE_API_KEY=$PINECONE_SECRET:$PINECONE_VERSION
    [[ ${MODELS-} != openai ]] || secrets+=,MODEL_API_KEY=$MODEL_SECRET:$MODEL_VERSION
    # The right of everyone to call it is granted below, where a policy that forbids it is an error.
    [[ $ACCESS == public ]] || private=--no-allow-unauthenticated
    hold_traffic "$region"
    deploy_function create-session "$region" --entry-point=create_session --trigger-http \
        ${private:+"$private"} --service-account="$(account session)" \
        --memory="$MEMORY" --cpu="$CPU" --concurrency="$CONCURRENCY" --timeout=60s \
        --min-instances="$MIN_INSTANCES" --max-instances="$MAX_INSTANCES" \
        --ingress-settings="$ingress" --set-env-vars="$environment" --set-secrets="$secrets"
    open_to_callers "$region"
    share_traffic "$region"
}

# origins: prints the origins whose pages may call the API at its own address: those of the option, and
# the site, whose page calls that address at least for streams.
origins() {
    local site=$SITE_URL
    [[ $SITE_URL ]] || { echo "${CORS_ORIGINS-}"; return; }
    echo "${CORS_ORIGINS:+$CORS_ORIGINS,}$site,${site/%.web.app/.firebaseapp.com}"
}

# Hosting sends no credentials, so a service behind it has to be public.
open_to_callers() {
    local region=$1 unchecked
    unchecked=$(look_up '' gcloud run services describe create-session --project="$PROJECT" \
        --region="$region" --format='value(metadata.annotations["run.googleapis.com/invoker-iam-disabled"])')
    unchecked=$(tr A-Z a-z <<<"$unchecked")
    if [[ $ACCESS == unchecked && $unchecked != true ]]; then
        run gcloud run services update create-session --project="$PROJECT" --region="$region" \
            --no-invoker-iam-check
    elif [[ $ACCESS != unchecked && $unchecked == true ]]; then
        run gcloud run services update create-session --project="$PROJECT" --region="$region" \
            --invoker-iam-check
    fi
    [[ $ACCESS != public ]] || grant roles/run.invoker allUsers service create-session "$region"
}

# The paths are exact: users/{uid}/** would match the summary, so that each write of a summary would
# trigger another one, without end.
deploy_triggers() {
    local name path most
    while IFS=$'\t' read -r name path; do
        most=$ENGAGEMENT_MAX_INSTANCES
        ! is_one_of "$name" 'profile app-profile deletion' || most=$PROFILE_MAX_INSTANCES
        deploy_trigger "update-summary-$name" "$path" "$most"
    done <<<"$TRIGGERS"
}

deploy_trigger() {
    local name=$1 path=$2 most=$3 environment
    environment=$(variables "$DATA_SETTINGS" STORE=firestore FIREBASE_PROJECT="$PROJECT")
    deploy_function "$name" "$HOME_REGION" --entry-point=update_summary \
        --trigger-location="$DATABASE_LOCATION" \
        --trigger-event-filters=type=google.cloud.firestore.document.v1.written \
        --trigger-event-filters="database=$DATABASE" \
        --trigger-event-filters-path-pattern="document=$path" \
        --trigger-service-account="$(account eventarc)" --retry \
        --no-allow-unauthenticated --service-account="$(account summary)" \
        --memory=512Mi --cpu=1 --concurrency=80 --timeout=60s --max-instances="$most" \
        --set-env-vars="$environment" --set-secrets="CURSOR_KEYS=$CURSOR_SECRET:$CURSOR_VERSION"
    grant roles/run.invoker eventarc service "$name" "$HOME_REGION"
}

# deploy_function NAME REGION FLAG...: deploys a function whose source or flags have changed.
deploy_function() {
    local name=$1 region=$2 fingerprint there
    ! waits_for_all "$name" || return 0
    local flags=(--gen2 --runtime=python313 --source=. "${@:3}"
        --build-service-account="projects/$PROJECT/serviceAccounts/$(account build)")
    fingerprint=$(look_up fingerprint digest_of "$SOURCE_DIGEST" "${flags[@]}")
    there=$(look_up '' gcloud functions list --v2 --project="$PROJECT" --regions="$region" \
        --format='value(name.basename(),state,labels.earshot)')
    if [[ $REDEPLOY == false ]] && has "$there" "$name"$'\t'ACTIVE$'\t'"$fingerprint"; then
        note "$name in $region has not changed"
        return
    fi
    until_permitted gcloud functions deploy "$name" --project="$PROJECT" --region="$region" "${flags[@]}" \
        --update-labels=earshot="$fingerprint"
}

# digest_of WORD...: prints a digest that is short enough for a label.
digest_of() {
    printf '%s\n' "$@" | openssl dgst -sha256 -r | cut -c1-40
}

# digest_of_files: prints a digest of the files whose names it reads, each ended by a NUL.
digest_of_files() {
    xargs -0 openssl dgst -sha256 -r | openssl dgst -sha256 -r | cut -c1-40
}

# source_digest: prints a digest of all files that would be uploaded.
source_digest() {
    local files
    files=$(gcloud meta list-files-for-upload . | LC_ALL=C sort) || exit
    tr '\n' '\0' <<<"$files" | digest_of_files
}

# variables NAMES NAME=VALUE...: prints these, and those of NAMES that are set, for --set-env-vars.
variables() {
    local name joined='^|^' names=$1
    shift
    for name in $names; do
        [[ -z ${!name-} ]] || set -- "$@" "$name=${!name}"
    done
    for name in "$@"; do
        [[ $name != *'|'* ]] || die "${name%%=*}: expected no |"
        joined+=$name'|'
    done
    printf '%s\n' "${joined%|}"
}

# Creates the job, or updates it where it differs. A new job runs at once.
schedule_builds() {
    local uri there wanted verb=update
    ! waits_for_all 'the schedule' || return 0
    local job=(earshot-publish-catalog --project="$PROJECT" --location="$HOME_REGION")
    uri=$(look_up "https://publish-catalog-$PROJECT_NUMBER.$HOME_REGION.run.app" \
        gcloud functions describe publish-catalog --v2 --project="$PROJECT" \
        --region="$HOME_REGION" --format='value(serviceConfig.uri)')
    wanted="$SCHEDULE|$TIME_ZONE|$uri|$(account scheduler)|1800s|3"
    there=$(look_up '' gcloud scheduler jobs list --project="$PROJECT" --location="$HOME_REGION" \
        --filter='name~/earshot-publish-catalog$' --format='value[separator="|"](schedule, timeZone,
        httpTarget.uri, httpTarget.oidcToken.serviceAccountEmail, attemptDeadline,
        retryConfig.retryCount)')
    [[ $there ]] || verb=create
    [[ $there == "$wanted" ]] || run gcloud scheduler jobs "$verb" http "${job[@]}" \
        --schedule="$SCHEDULE" --time-zone="$TIME_ZONE" --uri="$uri" --http-method=post \
        --oidc-service-account-email="$(account scheduler)" --oidc-token-audience="$uri" \
        --attempt-deadline=1800s --max-retry-attempts=3 --min-backoff=60s --max-backoff=600s
    [[ $there ]] || run gcloud scheduler jobs run "${job[@]}"
}

# own_address: prints the address of create-session in the first region.
own_address() {
    gcloud functions describe create-session --v2 --project="$PROJECT" --region="$HOME_REGION" \
        --format='value(serviceConfig.uri)'
}

# name_leftovers: prints the functions of an earlier deployment in other regions; they are not deleted.
name_leftovers() {
    local name region label there
    there=$(list_functions)
    while IFS=$'\t' read -r name region label; do
        [[ -z $label || $region == "$HOME_REGION" ]] || {
            [[ $name == create-session && ,$REGIONS, == *,"$region",* ]]
        } || note "$name is still in $region: gcloud functions delete $name --region=$region"
    done <<<"$there"
}

# list_functions: lists all functions of the project with region and, if Earshot's, fingerprint.
list_functions() {
    gcloud functions list --v2 --project="$PROJECT" \
        --format='value(name.basename(),name.segment(3),labels.earshot)'
}
