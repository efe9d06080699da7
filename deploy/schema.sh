# shellcheck shell=bash
# Reads what the schema of an app asks for. Only that needs Python packages: without a schema the layout
# is the plain one.

PYTHON=${PYTHON:-python3}

# read_schema: sets TRIGGERS, lines of a trigger's name and the path of its documents, FUNCTIONS, the names
# of all functions, and DATABASE.
read_schema() {
    local name
    DATABASE='(default)'
    TRIGGERS=$(printf '%s\t%s\n' engagement 'users/{uid}/engagements/{id}' profile 'users/{uid}/earshot/profile')
    if [[ ${SCHEMA-} ]]; then
        TRIGGERS=$(ask_schema triggers) || exit
        DATABASE=$(ask_schema database) || exit
    fi
    FUNCTIONS='create-session publish-catalog'
    while IFS=$'\t' read -r name _; do FUNCTIONS+=" update-summary-$name"; done <<<"$TRIGGERS"
}

# ask_schema WHAT: prints what the schema says.
ask_schema() {
    "$PYTHON" -c 'import msgspec' 2>/dev/null || die "--schema needs the Python package msgspec:
make .venv, then PYTHON=.venv/bin/python ./deploy.sh"
    "$PYTHON" -m adapters.firestore.schema "$1" "$SCHEMA" || die "--schema: $SCHEMA cannot be used"
}
