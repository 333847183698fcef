namespace Sallyport.Unit.Gateway.Configuration;

/// <summary>The beginning of a good configuration file; what a test is about follows.</summary>
internal static class SampleText
{
    public const string Targets = """
        origin: gateway.clinic.example
        data: ./data
        listen: {postgres: 127.0.0.1:6432, http: 127.0.0.1:8080}
        insecureLoopback: true
        identity:
          - {issuer: https://login.clinic.example, audience: sallyport}
        targets:
          - {name: clinic, kind: postgres, address: db.internal, database: clinic, credential: {user: sallyport}}

        """;

    public const string Grants = Targets + """
        grants:
          - {name: reporting, groups: [agents], target: clinic, allow: [read]}

        """;
}
