# shellcheck shell=bash
# The load balancer's certificate. Google makes one for a domain that points at the balancer, which
# takes up to an hour, and never changes its domain. So each domain has a certificate of its own, and
# until a new one is active the old one stays beside it.

# certificate_name DOMAIN: what the certificate of a domain is called. No two domains share one: a
# dot becomes one hyphen, a hyphen two.
certificate_name() {
    local name=${1//-/--}
    echo "earshot-${name//./-}"
}

# find_api_domain: API_DOMAIN is where the API can be called through the balancer now, nothing if
# nowhere yet; PROXY_CERTIFICATES, those that the balancer has, by name, separated by commas; and
# CERTIFICATE_SERVES, whether the domain's own is active among them.
#
# Only with a domain that works does the page move there, and only then do the functions' own
# addresses close: a listener is never sent to where nothing answers.
find_api_domain() {
    local certificates name status domain
    API_DOMAIN=
    PROXY_CERTIFICATES=
    CERTIFICATE_SERVES=false
    [[ $LOAD_BALANCER == true ]] || return 0
    if [[ $DRY_RUN == true ]]; then
        note "As it is once $DOMAIN has its certificate. Until then Hosting's rewrite stays, and the"
        note "functions' own addresses are open."
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

# exchange_certificates: the balancer has the domain's certificate, and until that is active those
# that it had before.
exchange_certificates() {
    local wanted=$CERTIFICATE_NAME name
    [[ $PROXY_CERTIFICATES ]] || return 0
    for name in ${PROXY_CERTIFICATES//,/ }; do
        [[ $name != "$CERTIFICATE_NAME" ]] || continue
        if [[ $CERTIFICATE_SERVES == false ]]; then
            wanted+=,$name
        else
            note "$name serves no longer: gcloud compute ssl-certificates delete $name --global"
        fi
    done
    [[ $PROXY_CERTIFICATES == "$wanted" ]] \
        || run gcloud compute target-https-proxies update earshot --project="$PROJECT" --global \
            --ssl-certificates="$wanted"
}
