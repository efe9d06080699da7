# shellcheck shell=bash
# Manages the load balancer's certificates. Google issues one for a domain that points at the balancer,
# which takes up to an hour, and its domain never changes. So each domain has its own certificate, and
# the old one stays in use until a new one is active.

# certificate_name DOMAIN: prints the name of a domain's certificate. It is unique: a dot becomes one
# hyphen, a hyphen two.
certificate_name() {
    local name=${1//-/--}
    echo "earshot-${name//./-}"
}

# find_api_domain: sets API_DOMAIN, a domain at which the balancer serves the API now, or nothing;
# PROXY_CERTIFICATES, the names of the balancer's certificates, separated by commas; and
# CERTIFICATE_SERVES, whether the domain's own certificate is active among them.
#
# Only when a domain works does the page call it, and only then do the functions' own addresses close:
# no user is ever sent to an address that does not respond.
find_api_domain() {
    local certificates name status domain
    API_DOMAIN=
    PROXY_CERTIFICATES=
    CERTIFICATE_SERVES=false
    [[ $LOAD_BALANCER == true ]] || return 0
    if [[ $DRY_RUN == true ]]; then
        note "This shows the state once $DOMAIN has its certificate. Until then Hosting's rewrite stays,"
        note "and the functions' own addresses are open."
        API_DOMAIN=$DOMAIN
        return
    fi
    PROXY_CERTIFICATES=$(gcloud compute target-https-proxies list --project="$PROJECT" \
        --filter=name=earshot --format='value(sslCertificates.map().basename().list())')
    certificates=$(gcloud compute ssl-certificates list --project="$PROJECT" \
        --format='value(name,managed.status,managed.domains[0])')
    while IFS=$'\t' read -r name status domain; do
        [[ ,$PROXY_CERTIFICATES, == *,"$name",* && $status == ACTIVE ]] || continue
        [[ $API_DOMAIN == "$DOMAIN" ]] || API_DOMAIN=$domain
        [[ $name != "$CERTIFICATE_NAME" ]] || CERTIFICATE_SERVES=true
    done <<<"$certificates"
}

# exchange_certificates: gives the balancer the domain's certificate, beside its earlier ones until the
# new one is active.
exchange_certificates() {
    local wanted=$CERTIFICATE_NAME name
    [[ $PROXY_CERTIFICATES ]] || return 0
    for name in ${PROXY_CERTIFICATES//,/ }; do
        [[ $name != "$CERTIFICATE_NAME" ]] || continue
        if [[ $CERTIFICATE_SERVES == false ]]; then
            wanted+=,$name
        else
            note "$name is no longer used; to delete it: gcloud compute ssl-certificates delete $name --global"
        fi
    done
    [[ $PROXY_CERTIFICATES == "$wanted" ]] \
        || run gcloud compute target-https-proxies update earshot --project="$PROJECT" --global \
            --ssl-certificates="$wanted"
}
