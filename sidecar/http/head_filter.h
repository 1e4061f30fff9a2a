// What of a client's request head may reach the HTTP library. Pure.
#pragma once

#include <string>
#include <string_view>

namespace schemalatch::http {

// Ends a request head, and is part of it.
inline constexpr std::string_view kBlankLine = "\r\n\r\n";

struct FilteredHead {
    std::string text;             // the head to parse: request line and blank line
    bool announces_body = false;  // the client said that a body follows; it is never read as one
};

// Lets the request line pass and no header. None of our routes reads one, and several make cpp-httplib answer otherwise
// than our routes say: Range (turns a 503 into multipart), Expect (answers 100), Accept-Encoding (compresses),
// Transfer-Encoding and Content-Length (reads a body), Connection (keeps it open).
//
// A method other than GET and HEAD passes as OPTIONS: cpp-httplib answers 400 to those that it does not know, where we
// answer 405 to all of them alike. What is no method at all passes as it is, and gets its 400.
FilteredHead filter_head(std::string_view head);

}  // namespace schemalatch::http
