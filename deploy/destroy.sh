# shellcheck shell=bash
# --destroy: removes what a deployment created, after showing it and asking for confirmation. Resources
# of others stay, even in shared places. Data is removed only with --destroy-data.

destroy() {
    find_what_there_is
    if [[ $DRY_RUN == true ]]; then
        note "This would be removed from $PROJECT, as far as it exists:"
        echo 'export CLOUDSDK_CORE_DISABLE_PROMPTS=1'
        remove_all
        return
    fi
    trap failed ERR
    note "This will be removed from $PROJECT:"
    REHEARSAL=true
    remove_all
    confirm
    REHEARSAL=false
    STEP_NUMBER=0
    remove_all
    note 'Removed.'
}

confirm() {
    local typed=''
    [[ $YES == false ]] || return 0
    printf '\nThis cannot be undone. Type the id of the project to remove all that is shown above: ' >&2
    read -r typed || true
    [[ $typed == "$PROJECT" ]] || die 'nothing was removed'
}

remove_all() {
    local region
    step 'The schedule'
    remove_schedule
    step 'The site'
    remove_sites
    step 'The load balancer'
    remove_balancer
    step 'The functions, with their triggers'
    remove_functions
    for region in $ALL_REGIONS; do
        step "What the functions were built from, in $region"
        remove_images "$region"
        remove_sources "$region"
    done
    step 'The key that signs cursors'
    remove_listed secrets secrets "$CURSOR_SECRET"
    step 'Roles and service accounts'
    remove_roles
    remove_accounts
    step 'Data'
    remove_data
    name_what_stays
}

# find_what_there_is: sets PROJECT, ENABLED (the enabled APIs), THERE (the functions), and ALL_REGIONS,
# in which resources of Earshot may be.
find_what_there_is() {
    local name region
    check_to_destroy
    ENABLED=$(look_up '*' gcloud services list --enabled --project="$PROJECT" \
        --format='value(config.name)')
    THERE=$(for region in ${REGIONS//,/ }; do
        for name in $FUNCTIONS; do
            [[ $name != create-session && $region != "${REGIONS%%,*}" ]] \
                || printf '%s\t%s\tours\n' "$name" "$region"
        done
    done)
    [[ $DRY_RUN == true ]] || THERE=$(! is_enabled cloudfunctions || list_functions)
    ALL_REGIONS=$({
        tr , '\n' <<<"$REGIONS"
        for name in $FUNCTIONS; do regions_of "$name"; done
    } | grep . | LC_ALL=C sort -u) || true
}

# regions_of FUNCTION: lists the regions where it is deployed, if Earshot's, or would be deployed.
regions_of() {
    local name region label
    {
        echo "${REGIONS%%,*}"
        while IFS=$'\t' read -r name region label; do
            [[ $name != "$1" || -z $label ]] || echo "$region"
        done <<<"$THERE"
    } | grep . | LC_ALL=C sort -u || true
}

check_to_destroy() {
    FIREBASE=(firebase)
    DATABASE_LOCATION=
    if [[ $DRY_RUN == true ]]; then
        PROJECT=${PROJECT:-PROJECT_ID}
        PROJECT_NUMBER=PROJECT_NUMBER
        DATABASE_LOCATION=DATABASE_LOCATION
        REGIONS=${REGIONS:-REGION}
    else
        MISSING=
        SAID=$(mktemp)
        trap 'rm -f "$SAID"' EXIT
        check_tools
        ! check_project || find_database || note 'The database cannot be checked.'
        [[ -z $MISSING ]] || die "this is missing, and nothing was changed:$MISSING"
        [[ -z $DATABASE_LOCATION ]] || region_beside_the_database
    fi
    BUCKET=${BUCKET:-$PROJECT-earshot}
}

is_enabled() {
    [[ $ENABLED == '*' ]] || has "$ENABLED" "$1.googleapis.com"
}

remove_schedule() {
    local region there
    is_enabled cloudscheduler || return 0
    for region in $(regions_of publish-catalog); do
        there=$(look_up earshot-publish-catalog gcloud scheduler jobs list --project="$PROJECT" \
            --location="$region" --format='value(name.basename())')
        ! has "$there" earshot-publish-catalog \
            || run gcloud scheduler jobs delete earshot-publish-catalog --project="$PROJECT" \
                --location="$region"
    done
}

# Disables the sites whose live release is Earshot's. The sites stay: their names cannot be reused.
remove_sites() {
    local sites='' names name live
    if [[ $DRY_RUN == true ]]; then
        run "${FIREBASE[@]}" hosting:disable --site="${SITE:-SITE}" --project="$PROJECT" --force
        return
    fi
    look_or_die sites "$SITES_API/$PROJECT/sites?pageSize=40"
    [[ $sites ]] || return 0
    names=$("$PYTHON" -m deploy.sites --all --project="$PROJECT" <<<"$sites")
    for name in $names; do
        look_or_die live "$SITES_API/$PROJECT/sites/$name/channels/live"
        ! is_ours "$live" \
            || run "${FIREBASE[@]}" hosting:disable --site="$name" --project="$PROJECT" --force
    done
}

# look_or_die VARIABLE ADDRESS: like fetch_into, but ends the script if the state cannot be read.
look_or_die() {
    printf -v "$1" %s ''
    fetch_into "$@"
    [[ -z $MISSING ]] || die "this is missing:$MISSING"
}

# Deleting a function also deletes its trigger, with the topic and subscription behind that.
remove_functions() {
    local name region label
    while IFS=$'\t' read -r name region label; do
        [[ -z $label ]] || run gcloud functions delete "$name" --gen2 --project="$PROJECT" \
            --region="$region"
    done <<<"$THERE"
}

# remove_listed API GROUP NAME: deletes NAME if gcloud GROUP lists it.
remove_listed() {
    local there
    is_enabled "${1/secrets/secretmanager}" || return 0
    there=$(look_up "$3" gcloud "$2" list --project="$PROJECT" --format='value(name.basename())')
    ! has "$there" "$3" || run gcloud "$2" delete "$3" --project="$PROJECT"
}

# Bindings outlive their account, so they are removed first.
remove_roles() {
    local there name
    drop_roles "$(project_roles | while read -r role name; do
        printf '%s\t%s\n' "$role" "$(member "$name")"
    done)" project
    there=$(look_up "$BUCKET"$'\n'"$BUCKET-audiences" gcloud storage buckets list \
        --project="$PROJECT" --format='value(name)')
    for name in "$BUCKET" "$BUCKET-audiences"; do
        [[ $DESTROY_DATA == true ]] || ! has "$there" "$name" \
            || drop_roles "$(bucket_roles "$name")" bucket "$name"
    done
    is_enabled secretmanager || return 0
    there=$(look_up '' gcloud secrets list --project="$PROJECT" --format='value(name.basename())')
    for name in "$PINECONE_SECRET" "$MODEL_SECRET"; do
        ! has "$there" "$name" || drop_roles '' secret "$name"
    done
}

# bucket_roles BUCKET: lists each role on a bucket with each account that has it.
bucket_roles() {
    local role name
    {
        if [[ $1 == *-audiences ]]; then
            echo roles/storage.objectUser audience
        else
            printf '%s\n' 'roles/storage.objectViewer session' 'roles/storage.objectViewer audience' \
                'roles/storage.objectUser publish'
        fi
    } | while read -r role name; do printf '%s\t%s\n' "$role" "$(member "$name")"; done
}

# drop_roles PLACEHOLDER KIND [NAME]: removes the roles of Earshot's accounts on one resource.
drop_roles() {
    local placeholder=$1 group place policy role holder
    shift
    place_of "$@"
    policy=$(look_up "$placeholder" policy_of "$@")
    [[ $1 != project ]] || place+=(--condition=None)
    while IFS=$'\t' read -r role holder; do
        [[ $holder != serviceAccount:earshot-*"@$PROJECT.iam.gserviceaccount.com" ]] \
            || run gcloud "${group[@]}" remove-iam-policy-binding "${place[@]}" \
                --member="$holder" --role="$role" --format=none
    done <<<"$policy"
}

remove_accounts() {
    local name purpose there
    there=$(look_up "$(our_accounts | while read -r name purpose; do account "$name"; done)" \
        gcloud iam service-accounts list --project="$PROJECT" --format='value(email)')
    while read -r name purpose; do
        ! has "$there" "$(account "$name")" \
            || run gcloud iam service-accounts delete "$(account "$name")" --project="$PROJECT"
    done < <(our_accounts)
}

name_what_stays() {
    note 'These stay: the enabled APIs, the role of Eventarc'"'"'s own account, rules and indexes of'
    note "the database, sites without content, and your secrets"
    note "$PINECONE_SECRET and $MODEL_SECRET."
}
