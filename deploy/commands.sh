# shellcheck shell=bash
# How a command is shown and run. A dry run shows every command, quoted as a shell would read it,
# and runs none. Where a lookup would have answered, it has a name like PROJECT_NUMBER. A rehearsal
# looks up and shows, and runs none either.

STEP=
STEP_NUMBER=0
PATIENCE_S=${PATIENCE_S:-15}
REHEARSAL=false

# step NAME: what is being done, so that a failure can say where it was.
step() {
    STEP=$1
    STEP_NUMBER=$((STEP_NUMBER + 1))
    printf '\n# %d. %s\n' "$STEP_NUMBER" "$1"
}

# note TEXT: for whoever reads along.
note() {
    printf '# %s\n' "$1"
}

# die TEXT: stop, and say what would help.
die() {
    printf 'deploy.sh: %s\n' "$1" >&2
    exit 1
}

# failed: the trap for a command that failed. A subshell leaves it to the shell that waits for it.
failed() {
    local code=$?
    [[ $BASH_SUBSHELL -eq 0 ]] || exit "$code"
    {
        printf '\ndeploy.sh: step %d, "%s", failed. ' "$STEP_NUMBER" "$STEP"
        printf 'Nothing after it was done.\n'
        printf 'What is done is not done again: mend it, and run the same command once more.\n'
        printf 'See "When a step fails" in docs/deploy.md.\n'
    } >&2
    exit "$code"
}

# quoted WORD...: the words as a shell would read them, one flag a line where that is long.
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

# only_shown: whether commands are shown and not run.
only_shown() {
    [[ $DRY_RUN == true || $REHEARSAL == true ]]
}

# run COMMAND...: show a command and, unless it is only shown, run it.
run() {
    quoted "$@"
    only_shown || "$@"
}

# pipe COMMAND... '|' COMMAND...: as run. What goes through the pipe is shown nowhere.
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

# into FILE COMMAND...: as run, with the output in a file.
into() {
    local file=$1
    shift
    quoted "$@" '>' "$file"
    only_shown || "$@" >"$file"
}

# given TEXT COMMAND...: as run, with the text as its input.
given() {
    local text=$1
    shift
    printf "%s <<'END'\n%s\nEND\n" "$(quoted "$@")" "$text"
    only_shown || "$@" <<<"$text"
}

# patiently COMMAND...: as run, up to six times: a new account is not known everywhere at once.
patiently() {
    quoted "$@"
    only_shown || attempts '' 1 "$@"
}

# until_permitted COMMAND...: as run, up to six times in almost eight minutes while it fails because a
# permission that was granted has not arrived yet. Any other failure is one at once.
until_permitted() {
    quoted "$@"
    only_shown || attempts "$NOT_ARRIVED" 2 "$@"
}

# What Google says meanwhile: of Eventarc's own account, of secrets, of the account that builds, and of
# one that it does not know yet. What the caller may not do is said in other words, and no wait helps.
NOT_ARRIVED='Eventarc Service Agent'
NOT_ARRIVED+='|necessary permissions are propagated'
NOT_ARRIVED+='|Permission denied on secret'
NOT_ARRIVED+='|missing permission on the build service account'
NOT_ARRIVED+='|earshot-[a-z]+@[^ ]+ does not have [a-zA-Z.]+ (access|permission)'
NOT_ARRIVED+='|permission to earshot-[a-z]+@'
NOT_ARRIVED+='|[Ss]ervice account [^ ]*earshot-[a-z]+@[^ ]+ (does not exist|was not found)'

# attempts PATTERN GROWTH COMMAND...: run it, again after pauses, each GROWTH times the last, while what
# it says of its failure matches.
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

# look_up PLACEHOLDER COMMAND...: what a command says that changes nothing.
#
# Lookups list and filter: "there is none" is an empty answer, "it cannot be known" a failure. So
# nothing is made anew, a secret least of all, because a lookup went wrong.
look_up() {
    local placeholder=$1
    shift
    if [[ $DRY_RUN == true ]]; then printf '%s\n' "$placeholder"; else "$@"; fi
}

# has LINES LINE: whether one of the lines is this one.
has() {
    [[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]
}
