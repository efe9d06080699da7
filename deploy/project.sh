# shellcheck shell=bash
# Sets up what the functions need: APIs, accounts, the bucket, secrets and roles.

CURSOR_SECRET=earshot-cursor-keys
MODEL_SECRET=earshot-model-api-key
PINECONE_SECRET=earshot-pinecone-api-key

# create-session embeds queries with the model that embedded the episodes.
session_uses_pinecone() {
    [[ ${RETRIEVAL-} == pinecone || (${VECTORS-} == pinecone && ${PINECONE_MODEL-}) ]]
}

uses_pinecone() {
    [[ ${RETRIEVAL-} == pinecone || ${VECTORS-} == pinecone ]]
}

# has_audience: whether there may be parts of find-audience, also from an earlier run.
has_audience() {
    [[ $AUDIENCE == true || $DESTROY == true ]]
}

uses_model_secret() {
    [[ ${MODELS-} == openai || ${ENRICH-} == openai ]]
}

enable_apis() {
    local api enabled missing=()
    local wanted=(artifactregistry cloudbuild cloudfunctions cloudscheduler eventarc firebase
        firebasehosting firebaserules firestore iam logging pubsub run secretmanager storage)
    [[ $LOAD_BALANCER == false ]] || wanted+=(compute)
    [[ ${MODELS-} != gemini && ${ENRICH-} != gemini ]] || wanted+=(aiplatform)
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

# An API that was just enabled may respond for a moment that it is not.
settle() {
    [[ $DRY_RUN == true ]] || sleep "$((2 * PATIENCE_S))"
}

# account NAME: prints the address of one of Earshot's service accounts.
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

# our_accounts: lists the accounts, each by the end of its name, with its purpose.
our_accounts() {
    cat <<'TEXT'
build builds the functions
session create-session
summary update-summary
publish publish-catalog
eventarc delivers events
scheduler starts builds
TEXT
    ! has_audience || echo 'audience find-audience'
}

# Without a rule on age, which would one day delete the live snapshot. Publishing keeps the newest KEEP.
create_bucket() {
    local there
    there=$(look_up '' gcloud storage buckets list --project="$PROJECT" --format='value(name)')
    has "$there" "$BUCKET" || run gcloud storage buckets create "gs://$BUCKET" \
        --project="$PROJECT" --location="$HOME_REGION" --uniform-bucket-level-access \
        --public-access-prevention --soft-delete-duration=7d
}

# Its files name users, so they are deleted after a week, and cannot be restored then.
create_audience_bucket() {
    local there rules
    [[ $AUDIENCE == true ]] || return 0
    step 'The bucket of audiences'
    there=$(look_up '' gcloud storage buckets list --project="$PROJECT" --format='value(name)')
    has "$there" "$BUCKET-audiences" || run gcloud storage buckets create "gs://$BUCKET-audiences" \
        --project="$PROJECT" --location="$HOME_REGION" --uniform-bucket-level-access \
        --public-access-prevention --soft-delete-duration=0
    rules=$(look_up '' gcloud storage buckets describe "gs://$BUCKET-audiences" --project="$PROJECT" \
        --format='value(lifecycle_config)')
    [[ $rules ]] || run gcloud storage buckets update "gs://$BUCKET-audiences" \
        --lifecycle-file=deploy/audiences.json --project="$PROJECT"
}

# Created once. To change the key, add a version: see docs/operations.md.
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
    ! uses_model_secret || MODEL_VERSION=$(secret_version "$MODEL_SECRET")
}

# secret_version NAME: prints the newest enabled version. Functions name it, because with "latest"
# instances would use different keys while it changes.
secret_version() {
    local found
    found=$(look_up 1 gcloud secrets versions list "$1" --project="$PROJECT" \
        --filter=state=ENABLED --sort-by='~createTime' --limit=1 \
        --format='value(name.basename())') || exit
    [[ $found ]] || die "the secret $1 has no enabled version; see: gcloud secrets versions list $1"
    printf '%s\n' "$found"
}

# Eventarc's own account is created on its first use, and may then lack the role that Google gives it.
# Both take minutes to be known everywhere: created here, they are ready for the first trigger.
permit_eventarc() {
    local agent="service-$PROJECT_NUMBER@gcp-sa-eventarc.iam.gserviceaccount.com"
    ! is_granted roles/eventarc.serviceAgent "$agent" project || return 0
    run gcloud beta services identity create --service=eventarc.googleapis.com --project="$PROJECT"
    grant roles/eventarc.serviceAgent "$agent" project
}

# project_roles: lists each role on the whole project with the account that gets it.
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
    ! has_audience || echo roles/datastore.viewer audience
    # Once a day it takes the preferences that an app keeps into summaries.
    [[ $PREFERENCES != nightly ]] || echo roles/datastore.user publish
    [[ ${MODELS-} != gemini ]] || echo roles/aiplatform.user session
    [[ ${ENRICH-} != gemini ]] || echo roles/aiplatform.user publish
}

grant_roles() {
    local role name
    permit_eventarc
    while read -r role name; do
        grant "$role" "$name" project
    done < <(project_roles)
    grant roles/storage.objectViewer session bucket "$BUCKET"
    grant roles/storage.objectUser publish bucket "$BUCKET"
    if [[ $AUDIENCE == true ]]; then
        grant roles/storage.objectViewer audience bucket "$BUCKET"
        grant roles/storage.objectUser audience bucket "$BUCKET-audiences"
    fi
    grant roles/secretmanager.secretAccessor session secret "$CURSOR_SECRET"
    grant roles/secretmanager.secretAccessor summary secret "$CURSOR_SECRET"
    [[ ${MODELS-} != openai ]] \
        || grant roles/secretmanager.secretAccessor session secret "$MODEL_SECRET"
    [[ ${ENRICH-} != openai ]] \
        || grant roles/secretmanager.secretAccessor publish secret "$MODEL_SECRET"
    ! session_uses_pinecone \
        || grant roles/secretmanager.secretAccessor session secret "$PINECONE_SECRET"
    [[ ${VECTORS-} != pinecone ]] \
        || grant roles/secretmanager.secretAccessor publish secret "$PINECONE_SECRET"
}

# grant ROLE ACCOUNT KIND [NAME [REGION]]: grants an account a role on one resource, if it lacks it.
grant() {
    local group place
    ! is_granted "$@" || return 0
    place_of "${@:3}"
    [[ $3 != project ]] || place+=(--condition=None)
    retry gcloud "${group[@]}" add-iam-policy-binding "${place[@]}" \
        --member="$(member "$2")" --role="$1" --format=none
}

# is_granted ROLE ACCOUNT KIND [NAME [REGION]]: whether an account has a role on a resource.
is_granted() {
    local policy
    policy=$(policy_of "${@:3}") || failed
    has "$policy" "$1"$'\t'"$(member "$2")"
}

# policy_of KIND [NAME [REGION]]: lists each role on a resource with each account that has it.
policy_of() {
    local group place
    place_of "$@"
    look_up '' gcloud "${group[@]}" get-iam-policy "${place[@]}" \
        --flatten='bindings[].members' --format='value(bindings.role,bindings.members)'
}

# place_of KIND [NAME [REGION]]: sets group, gcloud's commands for this kind of resource, and place,
# the arguments that name the resource.
place_of() {
    local name=${2-} region=${3-}
    case $1 in
        project) group=(projects) place=("$PROJECT") ;;
        bucket) group=(storage buckets) place=("gs://$name" --project="$PROJECT") ;;
        secret) group=(secrets) place=("$name" --project="$PROJECT") ;;
        service) group=(run services) place=("$name" --project="$PROJECT" --region="$region") ;;
    esac
}

# member ACCOUNT: prints the member that policies name: Earshot's accounts are given by their short
# name, others by their address.
member() {
    case $1 in
        allUsers) echo allUsers ;;
        *@*) echo "serviceAccount:$1" ;;
        *) echo "serviceAccount:$(account "$1")" ;;
    esac
}
