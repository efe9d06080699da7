# shellcheck shell=bash
# What lies around the functions: APIs, accounts, bucket, secrets, and who may do what.

CURSOR_SECRET=earshot-cursor-keys
PINECONE_SECRET=earshot-pinecone-api-key

uses_pinecone() {
    [[ ${RETRIEVAL-} == pinecone || ${VECTORS-} == pinecone ]]
}

enable_apis() {
    local api enabled missing=()
    local wanted=(artifactregistry cloudbuild cloudfunctions cloudscheduler eventarc firebase
        firebasehosting firebaserules firestore iam logging pubsub run secretmanager storage)
    [[ $LOAD_BALANCER == false ]] || wanted+=(compute)
    [[ -z ${APP_CHECK-} ]] || wanted+=(firebaseappcheck recaptchaenterprise)
    enabled=$(look_up '' gcloud services list --enabled --project="$PROJECT" \
        --format='value(config.name)')
    for api in "${wanted[@]}"; do
        has "$enabled" "$api.googleapis.com" || missing+=("$api.googleapis.com")
    done
    ((${#missing[@]})) || return 0
    run gcloud services enable "${missing[@]}" --project="$PROJECT"
    settle
}

# What was just enabled may still say for a moment that it is not.
settle() {
    [[ $DRY_RUN == true ]] || sleep "$((2 * PATIENCE_S))"
}

# account NAME: the address of one of our service accounts.
account() {
    printf 'earshot-%s@%s.iam.gserviceaccount.com\n' "$1" "$PROJECT"
}

create_accounts() {
    local name purpose there
    there=$(look_up '' gcloud iam service-accounts list --project="$PROJECT" --format='value(email)')
    while read -r name purpose; do
        has "$there" "$(account "$name")" \
            || run gcloud iam service-accounts create "earshot-$name" --project="$PROJECT" \
                --display-name="Earshot: $purpose"
    done < <(our_accounts)
}

# our_accounts: each by the end of its name, and what it does.
our_accounts() {
    cat <<'TEXT'
build builds the functions
session create-session
summary update-summary
publish publish-catalog
eventarc delivers events
scheduler starts builds
TEXT
}

# No age rule: it would one day delete the live snapshot. Publishing keeps the newest KEEP.
create_bucket() {
    local there
    there=$(look_up '' gcloud storage buckets list --project="$PROJECT" --format='value(name)')
    has "$there" "$BUCKET" || run gcloud storage buckets create "gs://$BUCKET" \
        --project="$PROJECT" --location="$HOME_REGION" --uniform-bucket-level-access \
        --public-access-prevention --soft-delete-duration=7d
}

# Made once. Whoever changes the key adds a version; see docs/operations.md.
create_cursor_key() {
    local there versions=''
    there=$(look_up '' gcloud secrets list --project="$PROJECT" --format='value(name.basename())')
    if has "$there" "$CURSOR_SECRET"; then
        versions=$(gcloud secrets versions list "$CURSOR_SECRET" --project="$PROJECT" \
            --format='value(name)')
    else
        run gcloud secrets create "$CURSOR_SECRET" --project="$PROJECT" \
            --replication-policy=automatic
    fi
    [[ $versions ]] || pipe openssl rand -hex 32 '|' gcloud secrets versions add \
        "$CURSOR_SECRET" --data-file=- --project="$PROJECT"
    CURSOR_VERSION=$(secret_version "$CURSOR_SECRET")
    ! uses_pinecone || PINECONE_VERSION=$(secret_version "$PINECONE_SECRET")
}

# secret_version NAME: the newest that is enabled. Functions name it: "latest" would be another key
# on each instance while it changes.
secret_version() {
    local found
    found=$(look_up 1 gcloud secrets versions list "$1" --project="$PROJECT" \
        --filter=state=ENABLED --sort-by='~createTime' --limit=1 \
        --format='value(name.basename())') || exit
    [[ $found ]] || die "the secret $1 has no enabled version: gcloud secrets versions list $1"
    printf '%s\n' "$found"
}

# Eventarc's own account is made on its first use, and may then lack the role that Google gives it.
# Both take minutes to be known everywhere: made here, they are by the time of the first trigger.
permit_eventarc() {
    local agent="service-$PROJECT_NUMBER@gcp-sa-eventarc.iam.gserviceaccount.com"
    ! is_granted roles/eventarc.serviceAgent "$agent" project || return 0
    run gcloud beta services identity create --service=eventarc.googleapis.com --project="$PROJECT"
    grant roles/eventarc.serviceAgent "$agent" project
}

# project_roles: each role on all of the project, and the account that gets it.
project_roles() {
    cat <<'TEXT'
roles/logging.logWriter build
roles/artifactregistry.writer build
roles/storage.objectViewer build
roles/datastore.user session
roles/datastore.user summary
roles/datastore.viewer publish
roles/eventarc.eventReceiver eventarc
TEXT
}

grant_roles() {
    local role name
    permit_eventarc
    while read -r role name; do
        grant "$role" "$name" project
    done < <(project_roles)
    grant roles/storage.objectViewer session bucket "$BUCKET"
    grant roles/storage.objectUser publish bucket "$BUCKET"
    grant roles/secretmanager.secretAccessor session secret "$CURSOR_SECRET"
    grant roles/secretmanager.secretAccessor summary secret "$CURSOR_SECRET"
    [[ ${RETRIEVAL-} != pinecone ]] \
        || grant roles/secretmanager.secretAccessor session secret "$PINECONE_SECRET"
    [[ ${VECTORS-} != pinecone ]] \
        || grant roles/secretmanager.secretAccessor publish secret "$PINECONE_SECRET"
}

# grant ROLE ACCOUNT KIND [NAME [REGION]]: let an account do something to one thing, if it may not yet.
grant() {
    local group place
    ! is_granted "$@" || return 0
    place_of "${@:3}"
    [[ $3 != project ]] || place+=(--condition=None)
    patiently gcloud "${group[@]}" add-iam-policy-binding "${place[@]}" \
        --member="$(member "$2")" --role="$1" --format=none
}

# is_granted ROLE ACCOUNT KIND [NAME [REGION]]
is_granted() {
    local policy
    policy=$(policy_of "${@:3}") || failed
    has "$policy" "$1"$'\t'"$(member "$2")"
}

# policy_of KIND [NAME [REGION]]: each role on a thing, with each account that has it.
policy_of() {
    local group place
    place_of "$@"
    look_up '' gcloud "${group[@]}" get-iam-policy "${place[@]}" \
        --flatten='bindings[].members' --format='value(bindings.role,bindings.members)'
}

# place_of KIND [NAME [REGION]]: group, the commands about such things, and place, what names this one.
place_of() {
    local name=${2-} region=${3-}
    case $1 in
        project) group=(projects) place=("$PROJECT") ;;
        bucket) group=(storage buckets) place=("gs://$name" --project="$PROJECT") ;;
        secret) group=(secrets) place=("$name" --project="$PROJECT") ;;
        service) group=(run services) place=("$name" --project="$PROJECT" --region="$region") ;;
    esac
}

# member ACCOUNT: as policies name it: one of ours by its name, any other by its address.
member() {
    case $1 in
        allUsers) echo allUsers ;;
        *@*) echo "serviceAccount:$1" ;;
        *) echo "serviceAccount:$(account "$1")" ;;
    esac
}
