#!/usr/bin/env bash
# Show a plan as one comment of a pull request: written the first time, replaced from then on.
#
#   COMMENT_FILE      the plan as Markdown; when there is none, the comment says that the plan failed
#   COMMENT_OF        what the plan is of: several plans of one pull request have a comment each
#   COMMENT_AUTHOR    only a comment by this user is replaced: anyone may write one that looks like ours
#   COMMENT_TOKEN     token that may write comments
#   PULL_REQUEST      its number
#   GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_SERVER_URL, GITHUB_RUN_ID, GITHUB_SHA: as the runner sets them
#
# Needs curl and jq, which GitHub's runners have.
set -euo pipefail

comments="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"
marker="<!-- syncer: $(printf '%s' "$COMMENT_OF" | tr -cd 'A-Za-z0-9 ._/-' | sed 's/--*/-/g; s/ *$//') -->"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The token goes in through stdin, where no list of processes shows it.
api() {
  printf 'header = "Authorization: Bearer %s"\n' "$COMMENT_TOKEN" |
    curl --silent --show-error --fail-with-body --retry 3 --max-time 60 --config - \
      -H 'Accept: application/vnd.github+json' -H 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

{
  echo "$marker"
  if [ -s "$COMMENT_FILE" ]; then
    cat "$COMMENT_FILE"
  else
    echo "### The plan failed"
  fi
  echo
  echo "<sub>[This run]($GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$GITHUB_RUN_ID) has the whole plan. It was made of $GITHUB_SHA.</sub>"
} > "$work/comment.md"
jq -n --rawfile body "$work/comment.md" '{body: $body}' > "$work/comment.json"

found="" page=1
while [ -z "$found" ]; do
  api "$comments/$PULL_REQUEST/comments?per_page=100&page=$page" > "$work/page.json"
  found="$(jq -r --arg marker "$marker" --arg author "$COMMENT_AUTHOR" \
    'map(select(.user.login == $author and (.body | startswith($marker)))) | first | .id // empty' "$work/page.json")"
  [ "$(jq length "$work/page.json")" -eq 100 ] || break
  page=$((page + 1))
done

if [ -n "$found" ]; then
  api -X PATCH "$comments/comments/$found" -d "@$work/comment.json" > /dev/null
else
  api -X POST "$comments/$PULL_REQUEST/comments" -d "@$work/comment.json" > /dev/null
fi
