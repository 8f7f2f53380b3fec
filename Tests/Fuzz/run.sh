#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes the readers of JSON, XML and gzip with libFuzzer and AddressSanitizer: run.sh SECONDS [TARGET...]
#
# Built beside the package, in .build/fuzz, so that `swift build` stays as it is. A finding is left there as TARGET-crash-*.
# New inputs are kept in .build/fuzz/corpus-TARGET; corpus/TARGET here is the seed, ours and synthetic.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(JSON XML Gzip)
out=.build/fuzz
rm -rf $out/objects
mkdir -p $out/objects
root=$PWD
for module in CSimdjson CXML CBaseline; do
  mkdir -p $out/modules/$module
  printf 'module %s { header "%s/Sources/%s/include/%s.h" export * }\n' $module "$root" $module $module \
    > $out/modules/$module/module.modulemap
  for source in Sources/$module/*.cpp; do
    clang++ -std=c++17 -O1 -g -fsanitize=fuzzer-no-link,address -ISources/$module/include $(pkg-config --cflags libxml-2.0) \
      -c "$source" -o "$out/objects/$module-$(basename "$source" .cpp).o"
  done
done

# The house's settings, without which the sources do not mean the same.
swift=(
  swiftc -swift-version 6 -strict-memory-safety -enable-upcoming-feature InternalImportsByDefault
  -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature ExistentialAny
  -package-name vigil -parse-as-library -O -g -wmo -sanitize=fuzzer,address
  -I $out/modules/CSimdjson -I $out/modules/CXML -I $out/modules/CBaseline -I Sources/CZlib -I Sources/CLibZip
)
find Sources/FHIR -name '*.swift' | sort > $out/sources
"${swift[@]}" -c -emit-module -emit-module-path $out/modules/FHIR.swiftmodule -module-name FHIR @$out/sources \
  -o $out/objects/FHIR.o
for target in "${targets[@]}"; do
  "${swift[@]}" -I $out/modules -module-name "Fuzz$target" "Tests/Fuzz/$target.swift" $out/objects/*.o \
    -use-ld=lld -lsimdjson -lxml2 -lz -lzip -lstdc++ -o "$out/$target"
done

for target in "${targets[@]}"; do
  mkdir -p "$out/corpus-$target"
  echo "fuzz: $target for $seconds s"
  ASAN_OPTIONS=detect_leaks=1 "$out/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
    -artifact_prefix="$out/$target-" -print_final_stats=1 -verbosity=1 \
    "$out/corpus-$target" "Tests/Fuzz/corpus/$target" 2> "$out/$target.log" || {
    tail -40 "$out/$target.log"
    exit 1
  }
  grep -E 'stat::(number_of_executed_units|average_exec_per_sec)|^Done|cov:' "$out/$target.log" | tail -4
done
