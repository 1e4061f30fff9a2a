// Whatever bytes a revision file holds, it is read or refused; a sanitizer finds the rest.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sidecar/bake/alembic_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(schemalatch::bake::read_alembic_source("3cc9ab12.py", text));
    return 0;
}
