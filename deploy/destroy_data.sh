# shellcheck shell=bash
# Data: snapshots, episodes, and what Earshot keeps of users. Of what an app keeps of its users in the
# same documents, nothing is removed.

remove_data() {
    local collection
    collection=$(episodes_collection)
    if [[ $DESTROY_DATA == true ]]; then
        remove_snapshots
        if [[ $DATABASE_LOCATION ]]; then
            [[ -z $collection ]] || remove_episodes "$collection"
            remove_users
        fi
    else
        note "Kept without --destroy-data: gs://$BUCKET${collection:+, the collection $collection}, and of"
        note 'each user the engagements, the summary and the profile.'
    fi
}

# Deleted objects can be had back for seven days: gcloud storage restore.
remove_snapshots() {
    local there
    there=$(look_up "$BUCKET" gcloud storage buckets list --project="$PROJECT" --format='value(name)')
    ! has "$there" "$BUCKET" \
        || run gcloud storage rm "gs://$BUCKET" --recursive --project="$PROJECT"
}

# remove_episodes COLLECTION
remove_episodes() {
    run "${FIREBASE[@]}" firestore:delete "$1" --recursive --force \
        --database='(default)' --project="$PROJECT"
}

# episodes_collection: where episodes are read from, if that is Firestore.
episodes_collection() {
    case ${EPISODES-} in
        firestore) echo episodes ;;
        firestore:*) echo "${EPISODES#firestore:}" ;;
    esac
}

remove_users() {
    pipe gcloud auth print-access-token '|' "$PYTHON" -m deploy.user_data --project="$PROJECT"
}
