# shellcheck shell=bash
# Options: by flag or, in capitals, by environment variable. A flag wins.

usage() {
    cat <<'TEXT'
./deploy.sh [--OPTION=VALUE] ...     deploys Earshot to a Firebase project; see docs/deploy.md

Each option is an environment variable, too: --min-instances=1 or MIN_INSTANCES=1. Keep yours in a
script or in CI: an option that is left out the next time has its default again.

  --project=ID            the project                                (default: gcloud's own)
  --region=REGION         where functions run                        (default: beside the database)
  --regions=A,B           create-session in each; all else in the first
  --bucket=NAME           the bucket of snapshots                    (default: PROJECT-earshot)
  --access=public         who may call create-session: public (allUsers), unchecked (Cloud Run does
                          not ask: where allUsers is forbidden), private (whom you grant run.invoker)
  --min-instances=0       of create-session, kept ready; each costs while idle
  --max-instances=100     of create-session
  --memory=1Gi --cpu=1 --concurrency=16          of an instance of create-session
  --publish-memory=2Gi    of an instance of publish-catalog
  --schedule='0 3 * * *' --time-zone=Etc/UTC     when the catalog is built
  --episodes=firestore    what it is built from: firestore, firestore:COLLECTION, or a file here
  --feeds='URL ...'       or else these feeds
  --domain=NAME           of the load balancer over several regions
  --load-balancer         set it up, not only print how
  --skip-rules            leave the database's rules and indexes alone
  --skip-hosting          leave the site alone
  --replace-rules --replace-hosting              replace rules or a site that are not Earshot's
  --redeploy              deploy functions that have not changed, too
  --dry-run               print every command, in order, and run none: needs no account
  --help

Further settings (docs/settings.md) are passed on to the functions that read them:
TEXT
    printf '  %s\n' "$SESSION_SETTINGS" "$PUBLISH_SETTINGS" "$PINECONE_SETTINGS" | fold -s -w 98 | sed 's/^ *\(.*[^ ]\) *$/  \1/'
}

SESSION_SETTINGS='APP_CHECK CATALOG_REFRESH_S CORS_ORIGINS CURSOR_TTL_S EXPERIMENT RETRIEVAL RETRIEVAL_TIMEOUT_S SCENARIO SCENARIOS SUMMARY_TIMEOUT_S'
PUBLISH_SETTINGS='EPISODES FEEDS FIELDS KEEP LEASE_S MAX_BAD MIN_USERS NO_VECTORS VECTORS'
PINECONE_SETTINGS='PINECONE_HOST PINECONE_MODEL PINECONE_NAMESPACE'

read_options() {
    local name value
    while (($#)); do
        name=${1#--} value=true
        [[ $1 == --[a-z]* ]] || die "expected --option=value, got $1; see --help"
        if [[ $name == *=* ]]; then value=${name#*=} name=${name%%=*}; fi
        [[ $name != help ]] || { usage && exit; }
        name=$(tr a-z- A-Z_ <<<"$name")
        if is_one_of "$name" "$SWITCHES"; then
            [[ $value == true ]] || die "${1%%=*} takes no value"
        elif ! is_one_of "$name" "$VALUES"; then
            die "no option ${1%%=*}; see --help"
        elif [[ $1 != *=* ]]; then
            die "expected $1=VALUE; see --help"
        fi
        printf -v "$name" %s "$value"
        shift
    done
    set_defaults
    check_values
}

SWITCHES='DRY_RUN LOAD_BALANCER REDEPLOY REPLACE_HOSTING REPLACE_RULES SKIP_HOSTING SKIP_RULES'
VALUES="ACCESS BUCKET CONCURRENCY CPU DOMAIN MAX_INSTANCES MEMORY MIN_INSTANCES PROJECT
PUBLISH_MEMORY REGION REGIONS SCHEDULE TIME_ZONE
$SESSION_SETTINGS $PUBLISH_SETTINGS $PINECONE_SETTINGS"

is_one_of() {
    [[ " ${2//$'\n'/ } " == *" $1 "* ]]
}

set_defaults() {
    local name
    for name in $SWITCHES; do
        [[ ${!name-} == true ]] || printf -v "$name" false
    done
    ACCESS=${ACCESS:-public}
    CONCURRENCY=${CONCURRENCY:-16}
    CPU=${CPU:-1}
    MAX_INSTANCES=${MAX_INSTANCES:-100}
    MEMORY=${MEMORY:-1Gi}
    MIN_INSTANCES=${MIN_INSTANCES:-0}
    PUBLISH_MEMORY=${PUBLISH_MEMORY:-2Gi}
    SCHEDULE=${SCHEDULE:-0 3 * * *}
    TIME_ZONE=${TIME_ZONE:-Etc/UTC}
    [[ ${FEEDS-} ]] || EPISODES=${EPISODES:-firestore}
}

check_values() {
    local name
    [[ -z ${REGION-} || -z ${REGIONS-} ]] || die 'expected --region or --regions, not both'
    [[ -z ${EPISODES-} || -z ${FEEDS-} ]] || die 'expected --episodes or --feeds, not both'
    is_one_of "$ACCESS" 'public unchecked private' \
        || die "--access: expected public, unchecked or private, got $ACCESS"
    for name in CONCURRENCY CPU MAX_INSTANCES MIN_INSTANCES; do
        fits "$name" '[0-9]+' 'a number'
    done
    for name in MEMORY PUBLISH_MEMORY; do
        fits "$name" '[0-9]+[MG]i' '512Mi or 2Gi, say'
    done
    REGIONS=${REGIONS:-${REGION-}}
    fits REGIONS '([a-z]+(-[a-z]+)+[0-9]+(,[a-z]+(-[a-z]+)+[0-9]+)*)?' 'regions like us-central1,europe-west1'
    fits PROJECT '([a-z][a-z0-9-]{4,28}[a-z0-9])?' 'the id of a project'
    fits DOMAIN '([a-z0-9-]+(\.[a-z0-9-]+)+)?' 'a name like feed.example.com'
    [[ $LOAD_BALANCER == false || ($REGIONS == *,* && ${DOMAIN-}) ]] \
        || die '--load-balancer needs --regions=A,B and --domain=NAME'
}

# fits NAME PATTERN EXPECTED
fits() {
    [[ ${!1-} =~ ^($2)$ ]] || die "$1: expected $3, got '${!1-}'"
}
