// Whatever bytes a migration or an apps.py of Django's holds, it is read or refused; a sanitizer finds the rest.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sidecar/bake/django_source.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    static_cast<void>(schemalatch::bake::read_django_migration(text));
    static_cast<void>(schemalatch::bake::read_django_label(text));
    return 0;
}
