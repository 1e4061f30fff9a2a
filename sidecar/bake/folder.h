// Folders and files that are baked; what cannot be read is one line for people.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace schemalatch::bake {

// Everything in the folder, whatever it is, whose name is wanted; sorted by name.
tl::expected<std::vector<std::filesystem::path>, std::string> list_folder(const std::filesystem::path& folder,
                                                                          bool (*is_wanted)(const std::string& name));

// Every file whose name is wanted, in the folder and in all those below it, sorted by path. Links are followed; hidden
// folders are passed over. What has such a name and is no regular file is a problem, and so is what cannot be looked
// at: it may be a folder.
tl::expected<std::vector<std::filesystem::path>, std::vector<std::string>> list_files_below(
    const std::filesystem::path& folder, bool (*is_wanted)(const std::string& name));

// For names that count without the file being read: a link that leads nowhere is no migration, and neither is a pipe.
tl::expected<void, std::string> check_regular_file(const std::filesystem::path& file);

// Each real folder once, under the name that came first.
std::vector<std::filesystem::path> distinct_folders(const std::vector<std::filesystem::path>& folders);

// All bytes of a file. What is no file, a pipe for one, is a problem.
tl::expected<std::string, std::string> read_regular_file(const std::filesystem::path& file);

}  // namespace schemalatch::bake
