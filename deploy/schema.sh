# shellcheck shell=bash
# Reads what the schema of an app asks for. Only that needs a Python package: without a schema the layout
# is the plain one.

PYTHON=${PYTHON:-python3}

# read_schema: sets TRIGGERS, lines of a trigger's name and the path of its documents, FUNCTIONS, the names
# of all functions, COLLECTIONS, those that Earshot writes, if they are not the plain ones, DATABASE, and
# PREFERENCES, "nightly" if a build reads those that an app keeps.
read_schema() {
    local word value said=''
    TRIGGERS=$(printf '%s\t%s\n' engagement 'users/{uid}/engagements/{id}' profile 'users/{uid}/earshot/profile')
    DATABASE='(default)' PREFERENCES='' COLLECTIONS=()
    if [[ ${SCHEMA-} ]]; then
        "$PYTHON" -c 'import msgspec' 2>/dev/null || die "--schema needs the Python package msgspec:
make .venv/run, then PYTHON=.venv/bin/python ./deploy.sh"
        said=$("$PYTHON" -m adapters.firestore.schema "$SCHEMA") || die "--schema: $SCHEMA cannot be used"
        TRIGGERS=$(sed -n $'s/^trigger\t//p' <<<"$said")
    fi
    while IFS=$'\t' read -r word value; do
        case $word in
            database) DATABASE=$value ;;
            preferences) PREFERENCES=$value ;;
            collection) COLLECTIONS+=("$value") ;;
        esac
    done <<<"$said"
    FUNCTIONS='create-session publish-catalog'
    ! has_audience || FUNCTIONS+=' find-audience'
    while IFS=$'\t' read -r value _; do FUNCTIONS+=" update-summary-$value"; done <<<"$TRIGGERS"
}

# check_schema: asks for a schema that is among the files that are uploaded.
check_schema() {
    [[ ${SCHEMA-} ]] && command -v gcloud >/dev/null || return 0
    gcloud meta list-files-for-upload . | grep -qxF "${SCHEMA#./}" || missing 'the schema among the uploaded files' \
        "--schema=$SCHEMA is not in them, so no function could read it: put it beside deploy.sh
gcloud meta list-files-for-upload . shows them"
}
