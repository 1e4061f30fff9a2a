// A folder for the files of one test, gone when the test is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace schemalatch::support {

class Scratch {
public:
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "schemalatch-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::system_error{errno, std::generic_category(), name};
        folder_ = name;
    }
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::string path(std::string_view name) const { return (folder_ / name).string(); }
    std::string folder() const { return folder_.string(); }

    // Returns the file's path.
    std::string write(std::string_view name, std::string_view text) const {
        std::ofstream{path(name), std::ios::binary} << text;
        return path(name);
    }

private:
    std::filesystem::path folder_;
};

}  // namespace schemalatch::support
