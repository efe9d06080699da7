# shellcheck shell=bash
# Shows and runs commands. A dry run shows every command, quoted for a shell, and runs none; in place
# of the result of a lookup it shows a name like PROJECT_NUMBER. A rehearsal makes lookups and shows
# the other commands without running them.

STEP=
STEP_NUMBER=0
PATIENCE_S=${PATIENCE_S:-15}
REHEARSAL=false

# step NAME: begins a step; a failure names it.
step() {
    STEP=$1
    STEP_NUMBER=$((STEP_NUMBER + 1))
    printf '\n# %d. %s\n' "$STEP_NUMBER" "$1"
}

# note TEXT: prints a remark.
note() {
    printf '# %s\n' "$1"
}

# die TEXT: ends the script with an error, which says what would help.
die() {
    printf 'deploy.sh: %s\n' "$1" >&2
    exit 1
}

# failed: the trap for a command that fails. In a subshell it leaves the report to the parent shell.
failed() {
    local code=$?
    [[ $BASH_SUBSHELL -eq 0 ]] || exit "$code"
    {
        printf '\ndeploy.sh: step %d, "%s", failed. ' "$STEP_NUMBER" "$STEP"
        printf 'The steps after it were not run.\n'
        printf 'Fix the cause and run the same command again: it continues where it stopped.\n'
        printf 'See "When a step fails" in docs/deploy.md.\n'
    } >&2
    exit "$code"
}

# quoted WORD...: prints the words quoted for a shell, one flag per line if they are long.
quoted() {
    local word flag line='' lines=''
    for word in "$@"; do
        flag=''
        if [[ $word =~ ^(--[a-z0-9-]+=)(.*)$ ]]; then
            flag=${BASH_REMATCH[1]}
            word=${BASH_REMATCH[2]}
        fi
        if [[ $word != [\|\>] && ! $word =~ ^[A-Za-z0-9_./:=@,+-]+$ ]]; then
            word="'${word//\'/\'\\\'\'}'"
        fi
        line+=" $flag$word"
        if [[ $flag$word == --* ]]; then lines+=$' \\\n    '; else lines+=' '; fi
        lines+=$flag$word
    done
    if ((${#line} <= 100)); then lines=$line; fi
    printf '%s\n' "${lines# }"
}

# only_shown: whether commands are shown but not run.
only_shown() {
    [[ $DRY_RUN == true || $REHEARSAL == true ]]
}

# run COMMAND...: shows a command and runs it, except in a dry run or rehearsal.
run() {
    quoted "$@"
    only_shown || "$@"
}

# pipe COMMAND... '|' COMMAND...: runs a pipeline like run. The data in the pipe is not shown.
pipe() {
    local left=()
    quoted "$@"
    while [[ $1 != '|' ]]; do
        left+=("$1")
        shift
    done
    shift
    only_shown || "${left[@]}" | "$@"
}

# into FILE COMMAND...: runs a command like run, with its output in a file.
into() {
    local file=$1
    shift
    quoted "$@" '>' "$file"
    only_shown || "$@" >"$file"
}

# with_input TEXT COMMAND...: runs a command like run, with the text as its input.
with_input() {
    local text=$1
    shift
    printf "%s <<'END'\n%s\nEND\n" "$(quoted "$@")" "$text"
    only_shown || "$@" <<<"$text"
}

# retry COMMAND...: runs a command like run, up to six times: a new account takes time to be known.
retry() {
    quoted "$@"
    only_shown || attempts '' 1 "$@"
}

# until_permitted COMMAND...: runs a command like run, up to six times in almost eight minutes while it
# fails for lack of a permission that was just granted. Any other failure is final.
until_permitted() {
    quoted "$@"
    only_shown || attempts "$NOT_ARRIVED" 2 "$@"
}

# Errors until a new permission takes effect: of Eventarc's own account, of secrets, of the account that
# builds, and of an account that is not known yet. Errors about the caller's own permissions differ.
NOT_ARRIVED='Eventarc Service Agent'
NOT_ARRIVED+='|necessary permissions are propagated'
NOT_ARRIVED+='|Permission denied on secret'
NOT_ARRIVED+='|missing permission on the build service account'
NOT_ARRIVED+='|earshot-[a-z]+@[^ ]+ does not have [a-zA-Z.]+ (access|permission)'
NOT_ARRIVED+='|permission to earshot-[a-z]+@'
NOT_ARRIVED+='|[Ss]ervice account [^ ]*earshot-[a-z]+@[^ ]+ (does not exist|was not found)'

# attempts PATTERN GROWTH COMMAND...: runs a command up to six times while its error output matches.
# Each pause is GROWTH times the one before.
attempts() {
    local pattern=$1 growth=$2 pause=$PATIENCE_S attempt said code
    shift 2
    said=$(mktemp)
    for attempt in 1 2 3 4 5 6; do
        code=0
        { "$@" 2>&1 >&3 | tee "$said" >&2; } 3>&1 || code=$?
        if ((code == 0)) || ! grep -qE "$pattern" "$said" || ((attempt == 6)); then break; fi
        note "attempt $attempt failed; the next in $pause s"
        sleep "$pause"
        pause=$((growth * pause))
    done
    rm -f "$said"
    return "$code"
}

# look_up PLACEHOLDER COMMAND...: prints the output of a command that changes nothing.
#
# Lookups list and filter: "none exists" is empty output, an unknown state is a failure. So a failed
# lookup never causes anything, a secret in particular, to be created again.
look_up() {
    local placeholder=$1
    shift
    if [[ $DRY_RUN == true ]]; then printf '%s\n' "$placeholder"; else "$@"; fi
}

# has LINES LINE: whether LINE is one of the lines.
has() {
    [[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]
}
