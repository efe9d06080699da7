# shellcheck shell=bash
# Removes the load balancer's parts from front to back: a part goes before the parts that it uses.

remove_balancer() {
    is_enabled compute || return 0
    remove_part forwarding-rules earshot earshot-redirect
    remove_part target-https-proxies earshot
    remove_part target-http-proxies earshot-redirect
    remove_part url-maps earshot earshot-redirect
    remove_certificates
    remove_part backend-services earshot
    remove_endpoints
    remove_part addresses earshot
}

# remove_part KIND NAME...: removes these parts, as far as they exist.
remove_part() {
    local kind=$1 name there
    shift
    there=$(look_up "$(printf '%s\n' "$@")" gcloud compute "$kind" list --project="$PROJECT" \
        --format='value(name)')
    for name in "$@"; do
        ! has "$there" "$name" \
            || run gcloud compute "$kind" delete "$name" --project="$PROJECT" --global
    done
}

# Earshot's certificates are named after their domain.
remove_certificates() {
    local name domain there
    there=$(look_up "$(certificate_name "${DOMAIN:-DOMAIN}")"$'\t'"${DOMAIN:-DOMAIN}" \
        gcloud compute ssl-certificates list --project="$PROJECT" \
        --format='value(name,managed.domains[0])')
    while IFS=$'\t' read -r name domain; do
        [[ $name == earshot || (-n $domain && $name == "$(certificate_name "$domain")") ]] || continue
        run gcloud compute ssl-certificates delete "$name" --project="$PROJECT" --global
    done <<<"$there"
}

remove_endpoints() {
    local name region there
    there=$(look_up "$(for region in ${REGIONS//,/ }; do printf 'earshot-%s\t%s\n' "$region" "$region"; done)" \
        gcloud compute network-endpoint-groups list --project="$PROJECT" \
        --format='value(name,region.basename())')
    while IFS=$'\t' read -r name region; do
        [[ -n $region && $name == "earshot-$region" ]] || continue
        run gcloud compute network-endpoint-groups delete "$name" --project="$PROJECT" \
            --region="$region"
    done <<<"$there"
}
