# shellcheck shell=bash
# Sets up the external application load balancer over several regions: it sends each request to the
# nearest region, and none to a failing one. Health checks do not apply to serverless backends, outlier
# detection does: a region that responds with 5xx five times in a row is left out for three minutes.

balance_regions() {
    if [[ $REGIONS != *,* ]]; then
        note 'One region needs none.'
    elif [[ $LOAD_BALANCER == true ]]; then
        create_balancer
    else
        note 'Not run: --load-balancer and --domain=NAME set it up.'
        print_balancer
    fi
}

print_balancer() {
    local DRY_RUN=true DOMAIN=${DOMAIN:-DOMAIN} CERTIFICATE_NAME
    CERTIFICATE_NAME=$(certificate_name "$DOMAIN")
    run gcloud services enable compute.googleapis.com --project="$PROJECT"
    create_balancer
}

create_balancer() {
    local region
    for region in ${REGIONS//,/ }; do
        balancer_part network-endpoint-groups "earshot-$region" --region="$region" \
            --network-endpoint-type=serverless --cloud-run-service=create-session
    done
    create_backend
    balancer_part url-maps earshot --global --default-service=earshot
    balancer_part ssl-certificates "$CERTIFICATE_NAME" --global --domains="$DOMAIN"
    balancer_part target-https-proxies earshot --global --url-map=earshot \
        --ssl-certificates="$CERTIFICATE_NAME"
    exchange_certificates
    balancer_part addresses earshot --global --ip-version=IPV4 --network-tier=PREMIUM
    listen earshot 443 --target-https-proxy=earshot
    redirect_to_https
    point_domain
}

# redirect_to_https: redirects requests on port 80 to 443.
redirect_to_https() {
    local there
    there=$(look_up '' gcloud compute url-maps list --project="$PROJECT" --format='value(name)')
    has "$there" earshot-redirect || with_input "name: earshot-redirect
defaultUrlRedirect:
  httpsRedirect: true
  redirectResponseCode: MOVED_PERMANENTLY_DEFAULT" \
        gcloud compute url-maps import earshot-redirect --project="$PROJECT" --global
    balancer_part target-http-proxies earshot-redirect --global --url-map=earshot-redirect
    listen earshot-redirect 80 --target-http-proxy=earshot-redirect
}

# listen NAME PORT TARGET
listen() {
    balancer_part forwarding-rules "$1" --global --load-balancing-scheme=EXTERNAL_MANAGED \
        --network-tier=PREMIUM --address=earshot "$3" --ports="$2"
}

# balancer_part KIND NAME FLAG...: creates a part of the balancer unless it exists.
balancer_part() {
    local kind=$1 name=$2 there
    shift 2
    there=$(look_up '' gcloud compute "$kind" list --project="$PROJECT" --format='value(name)')
    has "$there" "$name" \
        || run gcloud compute "$kind" create "$name" --project="$PROJECT" "$@"
}

# Outlier detection has no flag, so the whole backend is imported. Its description names its regions.
create_backend() {
    local there
    there=$(look_up '' gcloud compute backend-services list --project="$PROJECT" --global \
        --format='value(description)')
    has "$there" "Earshot: create-session in $REGIONS" || with_input "$(backend)" \
        gcloud compute backend-services import earshot --project="$PROJECT" --global
}

backend() {
    local region compute=https://www.googleapis.com/compute/v1
    cat <<TEXT
name: earshot
description: 'Earshot: create-session in $REGIONS'
loadBalancingScheme: EXTERNAL_MANAGED
protocol: HTTPS
outlierDetection:
  consecutiveErrors: 5
  enforcingConsecutiveErrors: 100
  interval: {seconds: 1}
  baseEjectionTime: {seconds: 180}
  maxEjectionPercent: 50
backends:
TEXT
    for region in ${REGIONS//,/ }; do
        echo "- group: $compute/projects/$PROJECT/regions/$region/networkEndpointGroups/earshot-$region"
    done
}

point_domain() {
    local address
    address=$(look_up ADDRESS gcloud compute addresses describe earshot --project="$PROJECT" \
        --global --format='value(address)')
    note "Point $DOMAIN at $address (an A record). The certificate is issued within an hour of that."
    [[ $API_DOMAIN == "$DOMAIN" ]] \
        || note 'Then run the same command again: the page will call it, and the other addresses close.'
}
