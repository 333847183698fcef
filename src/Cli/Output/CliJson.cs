using System.Text.Json.Serialization;
using Sallyport.Api;
using Sallyport.Cli.Commands;

namespace Sallyport.Cli.Output;

/// <summary>What <c>--json</c> prints. The members are documented in docs/reference/cli.md and only ever grow.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FailureReport))]
[JsonSerializable(typeof(LoginReport))]
[JsonSerializable(typeof(TokenReport))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(VerificationReport))]
[JsonSerializable(typeof(WitnessReport))]
[JsonSerializable(typeof(CallerResource))]
[JsonSerializable(typeof(ApprovalResource))]
[JsonSerializable(typeof(ApprovalPage))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SessionPage))]
[JsonSerializable(typeof(RunPage))]
[JsonSerializable(typeof(PrincipalPage))]
[JsonSerializable(typeof(PrincipalResource))]
[JsonSerializable(typeof(BudgetPage))]
[JsonSerializable(typeof(LedgerKeyResource))]
[JsonSerializable(typeof(NotificationList))]
[JsonSerializable(typeof(NotificationTestResource))]
[JsonSerializable(typeof(ExportList))]
[JsonSerializable(typeof(ExplanationResource))]
[JsonSerializable(typeof(FloorResource))]
[JsonSerializable(typeof(SelfTestResource))]
[JsonSerializable(typeof(AccessRequestResource))]
[JsonSerializable(typeof(AccessGrantResource))]
[JsonSerializable(typeof(AccessListReport))]
[JsonSerializable(typeof(RevocationResource))]
[JsonSerializable(typeof(TokenKeyResource))]
[JsonSerializable(typeof(AgentRunReport))]
internal sealed partial class CliJson : JsonSerializerContext;
