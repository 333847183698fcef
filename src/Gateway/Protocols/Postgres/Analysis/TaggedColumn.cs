namespace Sallyport.Gateway.Protocols.Postgres.Analysis;

/// <summary>One column the configuration declares as PHI. Names are as stored in the catalogue, not quoted.</summary>
public readonly record struct TaggedColumn(string Schema, string Table, string Column, string Tag);
