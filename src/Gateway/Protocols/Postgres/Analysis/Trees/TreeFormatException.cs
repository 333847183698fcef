namespace Sallyport.Gateway.Protocols.Postgres.Analysis.Trees;

/// <summary>A dump that does not have the form this reader knows. The message names nodes and fields, never values.</summary>
internal sealed class TreeFormatException(string message) : Exception(message);
