# shellcheck shell=bash
# Removes data: snapshots, episodes, and what Earshot keeps of users. Other data of an app in the same
# documents stays.

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
        note "Kept without --destroy-data: gs://$BUCKET${collection:+, the collection $collection}, and the"
        note 'engagements, summary and profile of each user.'
    fi
}

# Deleted snapshots can be restored for seven days: gcloud storage restore.
remove_snapshots() {
    local there name
    there=$(look_up "$BUCKET"$'\n'"$BUCKET-audiences" gcloud storage buckets list \
        --project="$PROJECT" --format='value(name)')
    for name in "$BUCKET" "$BUCKET-audiences"; do
        ! has "$there" "$name" \
            || run gcloud storage rm "gs://$name" --recursive --project="$PROJECT"
    done
}

# remove_episodes COLLECTION
remove_episodes() {
    run "${FIREBASE[@]}" firestore:delete "$1" --recursive --force \
        --database="$DATABASE" --project="$PROJECT"
}

# episodes_collection: prints the collection that episodes are read from, if they are in Firestore and
# no schema says that they are an app's.
episodes_collection() {
    [[ -z ${SCHEMA-} ]] || return 0
    case ${EPISODES-} in
        firestore) echo episodes ;;
        firestore:*) echo "${EPISODES#firestore:}" ;;
    esac
}

remove_users() {
    pipe gcloud auth print-access-token '|' "$PYTHON" -m deploy.user_data --project="$PROJECT" \
        --database="$DATABASE" ${COLLECTIONS[@]+"${COLLECTIONS[@]}"}
}
