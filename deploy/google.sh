# shellcheck shell=bash
# Calls REST APIs of Google for which gcloud has no command: through curl, as gcloud's account.

# ask_google VARIABLE ADDRESS [CURL-FLAG...]: sets the variable to the body of the response, and
# API_STATUS to its status, or "none" without a response. Fails unless the status is 200.
ask_google() {
    local _variable=$1 _found=''
    API_STATUS=none
    capture _found curl_google "https://$2" "${@:3}" || return 1
    API_STATUS=${_found##*$'\n'}
    printf -v "$_variable" %s "${_found%$'\n'*}"
    [[ $API_STATUS == 200 ]]
}

# api_error BODY: prints why ask_google failed.
api_error() {
    local message
    message=$(sed -n 's/.*"message": *"\([^"]*\)".*/\1/p' <<<"$1" | head -n1)
    if [[ $API_STATUS == none ]]; then last_error; else echo "it answered $API_STATUS${message:+: $message}"; fi
}

# The token goes to curl through a pipe: other users of the machine can read a command line.
curl_google() {
    local token
    token=$(gcloud auth print-access-token) || return
    printf 'Authorization: Bearer %s\n' "$token" \
        | curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' \
            --header @- --header "x-goog-user-project: $PROJECT" "${@:2}" "$1"
}
