using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Sallyport.Gateway.Protocols.Postgres.Sql;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Sql;

public sealed class TemplateWriterTests
{
    private static readonly Catalogue Known = new(["clinic", "patients", "mrn", "name", "visit_2024"]);

    /// <summary>Ways to write a secret into a statement; <c>{0}</c> is the secret.</summary>
    private static readonly string[] Places =
    [
        "'{0}'", "E'{0}\\''", "U&'{0}'", "N'{0}'", "$${0}$$", "$t$ {0} $t$", "'x'\n'{0}'", "/* {0} */", "/* /* {0} */ */", "-- {0}\n", "\"{0}\"", "U&\"{0}\"", "{0}",
        "a{0}", "_{0}", "{0}.mrn", "x as {0}", "B'{0}'", "X'{0}'", "1{0}", "'{0}", "\"{0}", "$x$ {0}", "/* {0}", "${0}", "0x{0}", "::{0}", "{0}(1)", "\"a\"\"{0}\"",
    ];

    /// <summary>Ways to write secret digits.</summary>
    private static readonly string[] DigitPlaces = ["{0}", "-{0}", "{0}.5", ".{0}", "1.{0}e{0}", "${0}", "'{0}'", "a{0}", "{0}a", "0x{0}", "1_{0}", "$a{0}$ x $a{0}$", "\"{0}\""];

    [Theory]
    [InlineData("select mrn from clinic.patients where name='Ada'", "SELECT mrn FROM clinic.patients WHERE name = :text")]
    [InlineData("SELECT  Mrn\n,count( * ) FROM \"patients\" p --x\nWHERE p.mrn=$1", "SELECT mrn, count(*) FROM \"patients\" _ WHERE _.mrn = $1")]
    [InlineData("insert into patients values (1, -2.5e3, b'1', x'ff', E'\\'', $$a$$)", "INSERT INTO patients VALUES (:numeric, - :numeric, :bit, :hex, :text, :text)")]
    [InlineData("set application_name = smith", "SET application_name = _")]
    [InlineData("savepoint smith; declare smith cursor for select 1", "SAVEPOINT _; DECLARE _ cursor FOR SELECT :numeric")]
    [InlineData("select '1'::date, array[1][2]", "SELECT :text::date, ARRAY[:numeric][:numeric]")]
    [InlineData("select $1, $999, $1000, $123456789, $99999999999999999999", "SELECT $1, $999, $_, $_, $_")]
    [InlineData("select \"Patients\", \"Smith\", U&\"mrn\"", "SELECT \"patients\", _, _")]
    [InlineData("notify jobs, 'x'", "NOTIFY _, :text")]
    [InlineData("do $$ begin end $$", "DO :text")]
    [InlineData("select 'open", "SELECT :unterminated")]
    [InlineData("select \u0001 1", "SELECT :stray :numeric")]
    [InlineData("", "")]
    public void Only_keywords_operators_and_catalogue_names_stay(string statement, string expected) => Assert.Equal(expected, Write(statement));

    [Fact]
    public void A_long_template_is_cut_and_marked()
    {
        var template = Write("select " + string.Concat(Enumerable.Repeat("mrn,", 5_000)));
        Assert.True(template.Length <= SqlLimits.MaxTemplateChars);
        Assert.EndsWith(TemplateWriter.CutMark, template);
    }

    [Fact]
    public void No_secret_word_survives_wherever_it_stands() => Prop.ForAll(Statements(SecretWords(), Places), statement =>
        !Write(statement.Text).Contains(statement.Secret, StringComparison.OrdinalIgnoreCase)).QuickCheckThrowOnFailure();

    [Fact]
    public void No_secret_number_survives_wherever_it_stands() => Prop.ForAll(Statements(SecretNumbers(), DigitPlaces), statement =>
        !Write(statement.Text).Contains(statement.Secret, StringComparison.Ordinal)).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_text_gives_a_template_of_known_words_only() => Prop.ForAll(SqlLexerTests.RandomTexts(), text => HasOnlyKnownWords(Write(text))).QuickCheckThrowOnFailure();

    private static bool HasOnlyKnownWords(string template)
    {
        var bytes = Encoding.UTF8.GetBytes(template.Replace(TemplateWriter.CutMark, "", StringComparison.Ordinal));
        var lexer = new SqlLexer(bytes);
        for (var token = lexer.Next(); token.Kind != SqlTokenKind.End; token = lexer.Next())
        {
            var word = Encoding.UTF8.GetString(token.Of(bytes)).ToLowerInvariant().Trim('"');
            var isKnown = token.Kind switch
            {
                SqlTokenKind.Word or SqlTokenKind.QuotedName => word is "_" or "text" or "numeric" or "bit" or "hex" or "stray" or "unterminated"
                    || SqlVocabulary.Contains(Encoding.UTF8.GetBytes(word)) || Known.Contains(Encoding.UTF8.GetBytes(word)),
                SqlTokenKind.Operator or SqlTokenKind.Symbol or SqlTokenKind.Parameter => true,
                SqlTokenKind.Stray => word == "$",
                _ => false,
            };
            if (!isKnown)
            {
                return false;
            }
        }

        return true;
    }

    private static Gen<string> SecretWords() =>
        Gen.Elements("abcdefghijklmnopqrstuvwxyzABCDEFXYZé".ToCharArray()).ArrayOf(9).Select(letters => "q" + new string(letters) + "z");

    private static Gen<string> SecretNumbers() =>
        Gen.Choose(100_000, 999_999_999).Select(number => number.ToString(CultureInfo.InvariantCulture));

    private static Arbitrary<Statement> Statements(Gen<string> secrets, string[] places) =>
        (from secret in secrets
         from place in Gen.Elements(places).ListOf(3)
         from around in Gen.Elements(" ", "select ", "select mrn, ", " from patients where name = ", "(", " values (", "; ").ListOf(3)
         let text = string.Concat(around.Zip(place, (before, at) => before + string.Format(CultureInfo.InvariantCulture, at, secret)))
         select new Statement(text, secret)).ToArbitrary();

    private static string Write(string statement) => TemplateWriter.Write(Encoding.UTF8.GetBytes(statement), Known);

    private sealed record Statement(string Text, string Secret);

    private sealed class Catalogue(string[] words) : IKnownWords
    {
        public bool Contains(ReadOnlySpan<byte> lowerCased) => words.Contains(Encoding.UTF8.GetString(lowerCased), StringComparer.Ordinal);
    }
}
