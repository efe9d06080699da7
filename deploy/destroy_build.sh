# shellcheck shell=bash
# Removes what Cloud Functions keeps of the functions that it built: images in the repository
# gcf-artifacts, sources in a bucket. All functions of a region share both, so only Earshot's parts are
# removed, or the whole if it holds nothing else.

# is_of_others FUNCTION REGION: whether a function of this name there is not Earshot's.
is_of_others() {
    has "$THERE" "$1"$'\t'"$2" || has "$THERE" "$1"$'\t'"$2"$'\t'
}

# remove_images REGION
remove_images() {
    local region=$1 there packages package ours=() others=0 name
    is_enabled artifactregistry || return 0
    there=$(look_up gcf-artifacts gcloud artifacts repositories list --project="$PROJECT" \
        --location="$region" --format='value(name.basename())')
    has "$there" gcf-artifacts || return 0
    packages=$(look_up "$(printf '%s\n' others; our_packages "$region")" \
        gcloud artifacts packages list --project="$PROJECT" --location="$region" \
        --repository=gcf-artifacts --format='value(name)')
    for package in $packages; do
        name=${package##*/packages/}
        if has "$(our_packages "$region")" "${name%/cache}"; then
            ours+=("$name")
        else
            others=$((others + 1))
        fi
    done
    if ((others == 0)); then
        run gcloud artifacts repositories delete gcf-artifacts --project="$PROJECT" \
            --location="$region"
        return
    fi
    for name in ${ours[@]+"${ours[@]}"}; do
        run gcloud artifacts packages delete "$name" --project="$PROJECT" --location="$region" \
            --repository=gcf-artifacts
    done
    note "The repository gcf-artifacts in $region stays if it holds images of other functions."
}

# our_packages REGION: lists the names of the images of Earshot's functions there.
our_packages() {
    local name
    for name in $FUNCTIONS; do
        is_of_others "$name" "$1" \
            || printf '%s__%s__%s\n' "${PROJECT//-/--}" "${1//-/--}" "${name//-/--}"
    done
}

# remove_sources REGION
remove_sources() {
    local region=$1 number=$PROJECT_NUMBER buckets bucket sources folders='' folder ours=() others=0
    sources=gcf-v2-sources-$number-$region
    buckets=$(look_up "$sources" gcloud storage buckets list --project="$PROJECT" \
        --format='value(name)')
    if has "$buckets" "$sources"; then folders=$(list_sources "$sources"); fi
    for folder in $folders; do
        if is_our_source "$folder" "$region"; then
            ours+=("$folder")
        else
            others=$((others + 1))
        fi
    done
    if ((others == 0)) && ! others_live_in "$region"; then
        for bucket in "$sources" "gcf-v2-uploads-$number-$region" \
            "gcf-v2-uploads-$number.$region.cloudfunctions.appspot.com"; do
            ! has "$buckets" "$bucket" \
                || run gcloud storage rm "gs://$bucket" --recursive --project="$PROJECT"
        done
        return
    fi
    ((${#ours[@]} == 0)) \
        || run gcloud storage rm "${ours[@]}" --recursive --project="$PROJECT"
    note "The buckets of sources and uploads in $region stay if they serve other functions."
}

# list_sources BUCKET: lists the folders of sources, one for each function.
list_sources() {
    local name
    if [[ $DRY_RUN == true ]]; then
        for name in others $FUNCTIONS; do echo "gs://$1/$name/"; done
    else
        gcloud storage ls "gs://$1" --project="$PROJECT"
    fi
}

# is_our_source FOLDER REGION
is_our_source() {
    local name=${1%/}
    name=${name##*/}
    is_one_of "$name" "$FUNCTIONS" && ! is_of_others "$name" "$2"
}

# others_live_in REGION: whether there are functions there that are not Earshot's.
others_live_in() {
    local name region label
    while IFS=$'\t' read -r name region label; do
        [[ -z $name || $region != "$1" || -n $label ]] || return 0
    done <<<"$THERE"
    return 1
}
