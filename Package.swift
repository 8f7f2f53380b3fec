// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .strictMemorySafety(),
  .enableUpcomingFeature("InternalImportsByDefault"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("ExistentialAny"),
]

let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let grdbSQLite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let asyncHTTPClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let configuration: Target.Dependency = .product(name: "Configuration", package: "swift-configuration")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbirdTesting: Target.Dependency = .product(name: "HummingbirdTesting", package: "hummingbird")
let jwtKit: Target.Dependency = .product(name: "JWTKit", package: "jwt-kit")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")

func module(_ name: String, _ uses: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: uses, swiftSettings: strict)
}
func tests(_ name: String, _ uses: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(name: name, dependencies: uses, exclude: exclude, swiftSettings: strict)
}

/// Added for the trail in PostgreSQL alone: without the trait nothing needs libpq.
let libpq: Target.Dependency = .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"]))

let package = Package(
  name: "vigil",
  platforms: [.macOS(.v15)],
  products: [.executable(name: "vigil", targets: ["vigil"]), .library(name: "CDSHooks", targets: ["CDSHooks"])],
  traits: [
    .trait(name: "PostgreSQL", description: "The trail may lie in PostgreSQL, for several processes; needs libpq.")
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
    .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "CXML"),
    .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CLibDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CTimex"),
    .systemLibrary(name: "CLibZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
    .target(
      name: "FHIR", dependencies: ["CSimdjson", "CXML", "CZlib", "CLibZip"], exclude: ["Schema/generate.py"],
      swiftSettings: strict),
    .target(name: "CBaseline", dependencies: ["CLibXML2"], linkerSettings: [.linkedLibrary("simdjson")]),
    module("Features", ["FHIR"]),
    .target(name: "CKernels"),
    module("Networks", ["CKernels"]),
    module("CDSHooks", ["FHIR"]),
    module("Decision", ["FHIR", "Features", "Networks", "CDSHooks", crypto]),
    module("Deidentification", ["FHIR", crypto]),
    module("Audit", ["CLibDeflate", "CZstd", libpq, "FHIR", grdb, grdbSQLite, crypto]),
    .target(
      name: "Server",
      dependencies: [
        "CTimex", "FHIR", "Features", "Networks", "Decision", "CDSHooks", "Audit", configuration, crypto, hummingbird,
        hummingbirdCore, asyncHTTPClient, jwtKit, nioSSL, x509, yams,
      ], resources: [.embedInCode("Resources/openapi.json")], swiftSettings: strict),
    module("Sandbox", ["FHIR", hummingbird]),
    module("Conformance", ["FHIR", "CDSHooks", crypto]),
    module("Replay", ["FHIR", "Features", "Networks", "Decision", "CDSHooks", "Audit", "Deidentification"]),
    module("Training", ["FHIR", "Features", "Networks", "Decision", "Replay"]),
    module("Judgement", ["FHIR", "Features", "Networks", "Decision", "Replay", "Training"]),
    .executableTarget(
      name: "vigil",
      dependencies: [
        "FHIR", "Features", "Networks", "CDSHooks", "Decision", "Audit", "Server", "Sandbox", "Conformance", "Replay",
        "Deidentification", "Training", "Judgement", "CBaseline", argumentParser, hummingbird,
      ], swiftSettings: strict),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    tests("FHIRTests", ["CBaseline", "FHIR", "TestSupport"]),
    .target(name: "CAllocations", path: "Tests/CAllocations"),
    tests("FeaturesTests", ["CAllocations", "FHIR", "Features", "TestSupport"]),
    tests("NetworksTests", ["Networks"], exclude: ["Goldens"]),
    tests("CDSHooksTests", ["FHIR", "CDSHooks", "TestSupport"]),
    tests("DecisionTests", ["FHIR", "Features", "Networks", "CDSHooks", "Decision", "TestSupport"]),
    .target(name: "CPowerLoss", path: "Tests/CPowerLoss", linkerSettings: [.linkedLibrary("sqlite3")]),
    tests("AuditTests", ["CPowerLoss", "FHIR", "Audit", "TestSupport", grdb]),
    tests(
      "ServerTests",
      [
        "FHIR", "Features", "Networks", "Decision", "CDSHooks", "Audit", "Server", "Sandbox", "Conformance", "Replay",
        "TestSupport", crypto, cryptoExtras,
        grdb, hummingbird, hummingbirdTesting, yams,
      ]),
    tests("ConformanceTests", ["FHIR", "Conformance"]),
    tests("SandboxTests", ["FHIR", "Sandbox", hummingbird, hummingbirdTesting]),
    tests("DeidentificationTests", ["FHIR", "Deidentification"]),
    tests(
      "ReplayTests", ["FHIR", "Features", "Decision", "CDSHooks", "Audit", "Deidentification", "Replay"],
      exclude: ["Trails"]),
    tests(
      "TrainingTests", ["FHIR", "Features", "Networks", "Decision", "Replay", "Training"], exclude: ["Goldens"]),
    tests("JudgementTests", ["FHIR", "Features", "Networks", "Decision", "Replay", "Training", "Judgement"]),
    tests(
      "ArchitectureTests",
      ["FHIR", "Networks", "CDSHooks", "Decision", "Audit", "Server", "Replay", "Training"]),
  ],
  cxxLanguageStandard: .cxx17
)

// VIGIL_TESTS=FHIRTests,FeaturesTests builds these test targets alone, for a quick turn on one module.
if let chosen = Context.environment["VIGIL_TESTS"]?.split(separator: ",").map(String.init) {
  package.targets.removeAll { $0.isTest && !chosen.contains($0.name) }
}
