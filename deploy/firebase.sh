# shellcheck shell=bash
# What firebase deploys: rules, indexes, the site. Rules and a site that are somebody else's are
# replaced only when that was asked for.

FIREBASE_CONFIG=firebase.deployed.json

# The configuration, with the region of this deployment.
configure_firebase() {
    into "$FIREBASE_CONFIG" \
        sed 's/"region": "[^"]*"/"region": "'"$HOME_REGION"'"/' firebase.json
}

deploy_rules() {
    [[ $SKIP_RULES == false ]] || { note 'skipped'; return; }
    # Without --force, indexes that are not in the file stay.
    firebase_deploy firestore:rules,firestore:indexes Earshot
}

# A deployed site carries the digest of what it was made of.
deploy_site() {
    local digest message
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
    find web "$FIREBASE_CONFIG" -type f -print0 | LC_ALL=C sort -z | digest_of_files
}

firebase_deploy() {
    run "${FIREBASE[@]}" deploy --only="$1" --config="$FIREBASE_CONFIG" --message="$2" \
        --project="$PROJECT" --non-interactive
}

# Rules are ours if they say so; those that allow nobody anything, or everybody everything for the
# days of a trial, are what a new database comes with.
check_rules() {
    local release='' ruleset='' rules=''
    [[ $SKIP_RULES == false && $REPLACE_RULES == false ]] || return 0
    google_api release "firebaserules.googleapis.com/v1/projects/$PROJECT/releases/cloud.firestore"
    ruleset=$(sed -n 's/.*"rulesetName": *"\([^"]*\)".*/\1/p' <<<"$release")
    [[ $ruleset ]] || return 0
    google_api rules "firebaserules.googleapis.com/v1/$ruleset"
    [[ $rules != *'Rules of Earshot'* ]] || return 0
    rules=$(grep -o 'allow [^;]*;' <<<"$rules" || true)
    rules=$(grep -vE ': if (false|request\.time (<|\\u003c) timestamp\.date\([0-9, ]*\));' <<<"$rules" || true)
    [[ -z $rules ]] || missing "leave to replace the database's rules, which are not Earshot's" \
        '--skip-rules, once yours allow what firestore.rules allows; or --replace-rules'
}

check_site() {
    LIVE_SITE=
    [[ $SKIP_HOSTING == false ]] || return 0
    google_api LIVE_SITE \
        "firebasehosting.googleapis.com/v1beta1/projects/$PROJECT/sites/$PROJECT/channels/live"
    [[ $REPLACE_HOSTING == true || $LIVE_SITE != *'"release":'* \
        || $LIVE_SITE =~ '"message": '?'"Earshot ' ]] \
        || missing "leave to replace the site $PROJECT, which is not Earshot's" \
            '--skip-hosting, and a rewrite like that of firebase.json in yours; or --replace-hosting'
}

# google_api VARIABLE ADDRESS: what is there; nothing where there is nothing, or never was an API.
google_api() {
    local found='' status
    asked found curl_google "https://$2" || { missing "a look at $2" "$(because)"; return; }
    status=${found##*$'\n'}
    case $status in
        200) printf -v "$1" %s "${found%$'\n'*}" ;;
        404) ;;
        *) [[ $found == *SERVICE_DISABLED* ]] || missing "a look at $2" "it answered $status" ;;
    esac
}

# The token goes to curl through a pipe: what stands on a command line, others can read.
curl_google() {
    local token
    token=$(gcloud auth print-access-token) || return
    printf 'Authorization: Bearer %s\n' "$token" \
        | curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' \
            --header @- --header "x-goog-user-project: $PROJECT" "$1"
}
