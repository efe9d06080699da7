# shellcheck shell=bash
# Checks all requirements before anything is changed. Everything that is missing is listed at once, with
# how to get it. A dry run checks nothing.

check() {
    FIREBASE=(firebase)
    choose_merge
    if [[ $DRY_RUN == true ]]; then
        PROJECT=${PROJECT:-PROJECT_ID}
        PROJECT_NUMBER=PROJECT_NUMBER
        SITE=${SITE:-SITE} SITE_URL=https://${SITE:-SITE}.web.app NEW_SITE=new
        DATABASE_LOCATION=DATABASE_LOCATION
        REGIONS=${REGIONS:-REGION}
    else
        check_all
    fi
    [[ $SKIP_HOSTING == false ]] || SITE_URL=
    BUCKET=${BUCKET:-$PROJECT-earshot}
    [[ $AUDIENCE == false || ${#BUCKET} -le 53 ]] \
        || die "BUCKET: with --audience expected at most 53 characters, got $BUCKET"
    HOME_REGION=${REGIONS%%,*}
}

check_all() {
    MISSING=
    SAID=$(mktemp)
    trap 'rm -f "$SAID"' EXIT
    check_tools
    check_schema
    if check_project; then
        check_billing
        check_database
        check_traffic
        check_secrets
        check_rules
        [[ -z $PYTHON ]] || check_quota
        [[ -z $PYTHON ]] || check_site
    fi
    [[ -z $MISSING ]] || die "this is missing, and nothing was changed:$MISSING"
}

# missing WHAT HOW-TO-GET-IT: adds a requirement to the list.
missing() {
    MISSING+=$'\n\n'"  $1"$'\n'"      ${2//$'\n'/$'\n'      }"
}

# capture VARIABLE COMMAND...: sets the variable to the output of the command; fails if that fails.
capture() {
    local _variable=$1 _answer
    shift
    _answer=$("$@" 2>"$SAID") || return 1
    printf -v "$_variable" %s "$_answer"
}

# last_error: prints the first line of the last captured command's error output.
last_error() {
    grep -m1 . "$SAID" || true
}

check_tools() {
    command -v gcloud >/dev/null || missing 'gcloud' 'https://cloud.google.com/sdk/docs/install'
    command -v openssl >/dev/null || missing 'openssl' 'openssl generates the key that signs cursors'
    command -v curl >/dev/null || missing 'curl' 'curl reads the live rules and the live site'
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
    capture account gcloud auth list --filter=status:ACTIVE --format='value(account)' || true
    [[ $account ]] || missing 'an account for gcloud' 'gcloud auth login'
    [[ ${PROJECT-} ]] || capture PROJECT gcloud config get-value project || true
    if [[ -z ${PROJECT-} ]]; then
        missing 'a project' '--project=ID; gcloud projects list shows yours'
    elif [[ $account ]]; then
        if capture PROJECT_NUMBER gcloud projects describe "$PROJECT" --format='value(projectNumber)'; then
            [[ ${APP_CHECK:-$PROJECT_NUMBER} == "$PROJECT_NUMBER" ]] \
                || missing "an --app-check that is this project's number" "--app-check=$PROJECT_NUMBER"
            return
        fi
        missing "project $PROJECT, seen by $account" \
            "$(last_error)"$'\n''the id, not the name; firebase projects:create makes one'
    fi
    return 1
}

check_billing() {
    local enabled=''
    capture enabled gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)' \
        || note "Billing cannot be checked: $(last_error)"
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
        missing 'a Firestore database' "$(last_error)"$'\n'"$create"
        return
    fi
    case $DATABASE_TYPE in
        FIRESTORE_NATIVE) region_beside_the_database ;;
        '') missing 'a Firestore database' "$create" ;;
        *) missing 'a Firestore database in Native mode' \
            "$DATABASE is in Datastore mode; an empty one can be changed:
gcloud firestore databases update --type=firestore-native --project=$PROJECT" ;;
    esac
}

# find_database: sets DATABASE_TYPE and DATABASE_LOCATION of the database, empty without one.
find_database() {
    local databases='' name type location
    DATABASE_TYPE='' DATABASE_LOCATION=''
    capture databases gcloud firestore databases list --project="$PROJECT" \
        --format='value(name.basename(),type,locationId)' || return 1
    while IFS=$'\t' read -r name type location; do
        [[ $name != "$DATABASE" ]] || DATABASE_TYPE=$type DATABASE_LOCATION=$location
    done <<<"$databases"
}

# Every session reads one document: from another continent that would take 100 ms.
region_beside_the_database() {
    case $DATABASE_LOCATION in
        nam5 | nam7) REGIONS=${REGIONS:-us-central1} ;;
        eur3) REGIONS=${REGIONS:-europe-west1} ;;
        *-*) REGIONS=${REGIONS:-$DATABASE_LOCATION} ;;
        *) [[ $REGIONS ]] || missing 'a region' "--region=, one near $DATABASE_LOCATION" ;;
    esac
}

check_secrets() {
    ! uses_pinecone || check_secret "$PINECONE_SECRET"
    ! uses_model_secret || check_secret "$MODEL_SECRET"
}

# check_secret NAME: checks that a secret which only you know has an enabled version.
check_secret() {
    local versions=''
    capture versions gcloud secrets versions list "$1" --project="$PROJECT" \
        --filter=state=ENABLED --format='value(name)' || true
    [[ $versions ]] || missing "the secret $1" \
        "gcloud services enable secretmanager.googleapis.com --project=$PROJECT
printf %s KEY | gcloud secrets create $1 --data-file=- --project=$PROJECT"
}
