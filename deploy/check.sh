# shellcheck shell=bash
# What has to be there before anything is changed. All that is missing is said at once, with how to
# get it. A dry run looks at nothing.

PYTHON=${PYTHON:-python3}

check() {
    FIREBASE=(firebase)
    if [[ $DRY_RUN == true ]]; then
        PROJECT=${PROJECT:-PROJECT_ID}
        PROJECT_NUMBER=PROJECT_NUMBER
        SITE=${SITE:-SITE} SITE_URL=https://${SITE:-SITE}.web.app NEW_SITE=new
        DATABASE_LOCATION=DATABASE_LOCATION
        REGIONS=${REGIONS:-REGION}
    else
        look_around
    fi
    [[ $SKIP_HOSTING == false ]] || SITE_URL=
    BUCKET=${BUCKET:-$PROJECT-earshot}
    HOME_REGION=${REGIONS%%,*}
}

look_around() {
    MISSING=
    SAID=$(mktemp)
    trap 'rm -f "$SAID"' EXIT
    check_tools
    if check_project; then
        check_billing
        check_database
        check_pinecone
        check_rules
        [[ -z $PYTHON ]] || check_quota
        [[ -z $PYTHON ]] || check_site
    fi
    [[ -z $MISSING ]] || die "this is missing, and nothing was changed:$MISSING"
}

# missing WHAT HOW-TO-GET-IT
missing() {
    MISSING+=$'\n\n'"  $1"$'\n'"      ${2//$'\n'/$'\n'      }"
}

# asked VARIABLE COMMAND...: the variable is what the command says, or nothing if it fails.
asked() {
    local _variable=$1 _answer
    shift
    _answer=$("$@" 2>"$SAID") || return 1
    printf -v "$_variable" %s "$_answer"
}

# because: what the command that was asked last said of its failure.
because() {
    grep -m1 . "$SAID" || true
}

check_tools() {
    command -v gcloud >/dev/null || missing 'gcloud' 'https://cloud.google.com/sdk/docs/install'
    command -v openssl >/dev/null || missing 'openssl' 'it makes the key that signs cursors'
    command -v curl >/dev/null || missing 'curl' 'it reads the live rules and the live site'
    if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        missing 'Python 3.11 or newer' 'PYTHON=python3.12 ./deploy.sh, if that is its name'
        PYTHON=
    fi
    if command -v firebase >/dev/null; then
        FIREBASE=(firebase)
    elif command -v npx >/dev/null; then
        FIREBASE=(npx --yes firebase-tools@15)
    else
        missing 'firebase' 'npm install --global firebase-tools@15'
        return
    fi
    if [[ ! ${GOOGLE_APPLICATION_CREDENTIALS-}${FIREBASE_TOKEN-} ]] \
        && [[ ! -e ${CLOUDSDK_CONFIG:-$HOME/.config/gcloud}/application_default_credentials.json ]] \
        && "${FIREBASE[@]}" login:list 2>&1 | grep -q 'No authorized accounts'; then
        missing 'an account for firebase' 'firebase login'
    fi
}

check_project() {
    local account=''
    command -v gcloud >/dev/null || return
    asked account gcloud auth list --filter=status:ACTIVE --format='value(account)' || true
    [[ $account ]] || missing 'an account for gcloud' 'gcloud auth login'
    [[ ${PROJECT-} ]] || asked PROJECT gcloud config get-value project || true
    if [[ -z ${PROJECT-} ]]; then
        missing 'a project' '--project=ID; gcloud projects list shows yours'
    elif [[ $account ]]; then
        if asked PROJECT_NUMBER gcloud projects describe "$PROJECT" --format='value(projectNumber)'; then
            [[ ${APP_CHECK:-$PROJECT_NUMBER} == "$PROJECT_NUMBER" ]] \
                || missing "an --app-check that is this project's number" "--app-check=$PROJECT_NUMBER"
            return
        fi
        missing "project $PROJECT, seen by $account" \
            "$(because)"$'\n''the id, not the name; firebase projects:create makes one'
    fi
    return 1
}

check_billing() {
    local enabled=''
    asked enabled gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)' \
        || note "billing cannot be looked at: $(because)"
    [[ $enabled != False ]] || missing 'billing' \
        "gcloud billing projects link $PROJECT --billing-account=ID
gcloud billing accounts list shows the ids; what it costs: docs/deploy.md"
}

check_database() {
    local create
    create="gcloud services enable firestore.googleapis.com --project=$PROJECT
gcloud firestore databases create --location=LOCATION --type=firestore-native --project=$PROJECT
LOCATION stays for ever: see \"Regions\" in docs/deploy.md"
    if ! find_database; then
        missing 'a Firestore database' "$(because)"$'\n'"$create"
        return
    fi
    case $DATABASE_TYPE in
        FIRESTORE_NATIVE) region_beside_the_database ;;
        '') missing 'a Firestore database' "$create" ;;
        *) missing 'a Firestore database in Native mode' \
            "(default) is in Datastore mode; one that is empty can be changed:
gcloud firestore databases update --type=firestore-native --project=$PROJECT" ;;
    esac
}

# find_database: DATABASE_TYPE and DATABASE_LOCATION of the default one, empty if there is none.
find_database() {
    local databases=''
    DATABASE_TYPE='' DATABASE_LOCATION=''
    asked databases gcloud firestore databases list --project="$PROJECT" \
        --format='value(name.basename(),type,locationId)' || return 1
    read -r DATABASE_TYPE DATABASE_LOCATION \
        < <(sed -n 's/^(default)[[:space:]]*//p' <<<"$databases") || true
}

# Sessions read one document: an ocean between function and database is 100 ms for each.
region_beside_the_database() {
    case $DATABASE_LOCATION in
        nam5 | nam7) REGIONS=${REGIONS:-us-central1} ;;
        eur3) REGIONS=${REGIONS:-europe-west1} ;;
        *-*) REGIONS=${REGIONS:-$DATABASE_LOCATION} ;;
        *) [[ $REGIONS ]] || missing 'a region' "--region=, one near $DATABASE_LOCATION" ;;
    esac
}

check_pinecone() {
    local versions=''
    uses_pinecone || return 0
    asked versions gcloud secrets versions list "$PINECONE_SECRET" --project="$PROJECT" \
        --filter=state=ENABLED --format='value(name)' || true
    [[ $versions ]] || missing "the secret $PINECONE_SECRET" \
        "gcloud services enable secretmanager.googleapis.com --project=$PROJECT
printf %s KEY | gcloud secrets create $PINECONE_SECRET --data-file=- --project=$PROJECT"
}
