// SPDX-License-Identifier: Apache-2.0
import Server
import Testing

/// Whom the service may call, and where that is.
@Suite struct OutboundTests {
  @Test(arguments: [
    ("https://ehr.example", "https", "ehr.example", 443, ""),
    ("HTTPS://EHR.example:8443/fhir/r4/", "https", "ehr.example", 8443, "/fhir/r4"),
    ("http://127.0.0.1:9090/fhir", "http", "127.0.0.1", 9090, "/fhir"), ("https://[::1]:1/a", "https", "::1", 1, "/a"),
    ("https://a/b/$op:x,y;z=1@%41", "https", "a", 443, "/b/$op:x,y;z=1@%41"),
  ])
  func aBaseURLIsReadInOneWay(_ text: String, _ scheme: String, _ host: String, _ port: Int, _ path: String) throws {
    let url = try #require(ServerURL(text))
    #expect(url.scheme == scheme && url.host == host && url.port == port && url.path == path)
  }

  @Test(arguments: [
    "", "ehr.example", "ftp://a", "file:///etc/passwd", "https://", "https:///a", "https://user@a", "https://u:p@a/b",
    "https://a:0", "https://a:65536", "https://a:+1", "https://a:80:80", "https://a:", "https://a/../b",
    "https://a/./b",
    "https://a/%2e%2E/b", "https://a//b", "https://a/b?c", "https://a#b", "https://a\\@evil.example", "https://a b",
    "https://a/b c", "https://ä.example", "https://a\u{0}", "https://a\n", "https://[::1", "https://::1", "https://[a]",
    "https://[::1]x", "https://a%2eb", "javascript:alert(1)",
  ])
  func whatCouldBeReadInTwoWaysIsNone(_ text: String) {
    #expect(ServerURL(text) == nil)
  }

  @Test(
    arguments: [
      ("https://ehr.example/fhir/Observation?_page=2", "Observation?_page=2"),
      ("https://EHR.example:443/fhir?_getpages=a-b&x=1|2", "?_getpages=a-b&x=1|2"),
      ("/fhir/Observation?p=2", "Observation?p=2"),
      ("Observation?p=2", "Observation?p=2"), ("?p=2", "?p=2"),
      ("http://ehr.example/fhir/Observation?p=2", nil), ("https://ehr.example:444/fhir/Observation", nil),
      ("https://evil.example/fhir/Observation", nil), ("https://ehr.example/fhirx/Observation", nil),
      ("https://ehr.example/other", nil), ("https://ehr.example/fhir/../other", nil), ("//evil.example/fhir/x", nil),
      ("/other/Observation", nil), ("https://ehr.example@evil.example/fhir", nil), ("Observation?p=2#x", nil),
      ("Observation?p=a b", nil), ("https:/ehr.example/fhir/x", nil),
    ] as [(String, String?)])
  func aLinkIsFollowedBelowItsServerOnly(_ link: String, _ relative: String?) throws {
    let server = try #require(ServerURL("https://ehr.example/fhir"))
    #expect(server.relative(link) == relative)
  }

  @Test func urlsAreMadeOfTheirParts() throws {
    let server = try #require(ServerURL("https://[2001:DB8::1]/fhir/"))
    #expect(server.url(of: "Patient/1") == "https://[2001:db8::1]:443/fhir/Patient/1")
    #expect(server.url(of: "?p=2") == "https://[2001:db8::1]:443/fhir?p=2")
  }

  @Test(arguments: [
    "8.8.8.8", "1.1.1.1", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "192.167.0.1", "198.17.0.1",
    "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1",
  ])
  func publicAddressesAreTold(_ text: String) throws {
    #expect(try #require(NetworkAddress(text)).isPublic)
  }

  @Test(arguments: [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
    "172.31.255.255",
    "192.0.2.1", "192.168.1.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "::7f00:1",
  ])
  func allOthersAreNot(_ text: String) throws {
    #expect(try #require(NetworkAddress(text)).isPublic == false)
  }

  @Test(arguments: ["", "127.1", "0x7f.0.0.1", "2130706433", "fe80::1%lo", "1.2.3.4.5", "localhost"])
  func whatIsNoAddressIsNone(_ text: String) { #expect(NetworkAddress(text) == nil) }

  @Test func onlyWhatTheOperatorNamesMayBeCalled() throws {
    let policy = OutboundPolicy([
      try .init("https://ehr.example/fhir", isInternal: false), try .init("http://localhost:1", isInternal: false),
    ])
    #expect(policy.permitted("https://ehr.example/fhir/")?.entry.isInternal == false)
    #expect(policy.permitted("https://ehr.example/fhir/tenant")?.server.path == "/fhir/tenant")
    #expect(policy.permitted("http://localhost:1/x")?.entry.isInternal == true)
    for text in [
      "https://ehr.example", "https://ehr.example/fhirs", "http://ehr.example/fhir", "https://ehr.example:8443/fhir",
      "https://ehr.example.evil.example/fhir", "https://evil.example/?https://ehr.example/fhir", "http://localhost:2",
    ] { #expect(policy.permitted(text) == nil, "\(text)") }
    #expect(OutboundPolicy().permitted("https://ehr.example/fhir") == nil)
    for text in ["http://ehr.example", "ehr.example", "http://10.0.0.1/fhir", "http://localhost.evil.example"] {
      #expect(throws: ServerConfiguration.Refusal.invalidServer) { try OutboundPolicy.Entry(text, isInternal: true) }
    }
  }
}
