// SPDX-License-Identifier: Apache-2.0

extension UCUM {
  /// The UCUM code for a unit as people and record systems write it, or nil when the spelling is not in the table.
  ///
  /// A closed list, compared letter by letter, so that a text such as `K/uL`, which UCUM reads as kelvin per microlitre,
  /// means what its writer meant and an unforeseen text means nothing.
  static func code(spelled text: String) -> String? {
    spellings[text]
  }

  /// Every known spelling with its code, sorted.
  package static var knownSpellings: [(text: String, code: String)] {
    spellings.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }

  private static let spellings: [String: String] = {
    var spellings: [String: String] = [:]
    for line in spellingTable.split(separator: "\n") {
      let fields = line.split(separator: "|").map { field in
        var field = field[...]
        while field.first == " " { field = field.dropFirst() }
        while field.last == " " { field = field.dropLast() }
        return String(field)
      }
      guard let code = fields.first else { continue }
      spellings[code] = code
      for spelling in fields.dropFirst() { spellings[spelling] = code }
    }
    return spellings
  }()

  /// One unit a line: its UCUM code, then its other spellings. The code is a spelling of itself.
  private static let spellingTable = """
    % | percent | Percent | PERCENT | pct | % O2 | %O2 | Vol% | vol%
    1 | {ratio} | ratio | fraction | FiO2 fraction
    {score} | score | points | (score)
    [pH] | pH | PH | ph | pH units | pH unit | units pH | {pH}
    mm[Hg] | mmHg | mm Hg | MMHG | MM HG | mm HG | mmhg | mm hg | mmHG | torr | Torr
    cm[H2O] | cmH2O | cm H2O | cmH20 | cm H20 | CMH2O | cm of H2O
    kPa | KPA | kpa
    mbar
    /min | 1/min | {beats}/min | {beat}/min | {breaths}/min | {breath}/min | {Beats}/min | {Breaths}/min | {resp}/min
    /min | bpm | BPM | beats/min | beats/minute | beats per minute | beat/min | Beats/min | beats per min
    /min | breaths/min | breaths/minute | breaths per minute | breath/min | Breaths/min | breaths per min | br/min
    /min | insp/min | resp/min | respirations/min | rpm | per minute | per min | /minute | 1/minute | min-1
    Cel | \u{B0}C | \u{2103} | degC | deg C | Deg C | Deg. C | Deg. Celsius | degrees C | degrees Celsius | Celsius | celsius | C
    Cel | \u{BA}C | DegC | DEGC | deg. C | degree Celsius
    [degF] | \u{B0}F | \u{2109} | degF | deg F | Deg F | Deg. F | Deg. Fahrenheit | degrees F | degrees Fahrenheit | Fahrenheit
    [degF] | \u{BA}F | DegF | DEGF | fahrenheit | F | deg. F | degree Fahrenheit
    K | Kelvin | kelvin
    mg/dL | mg/dl | MG/DL | mg/DL | Mg/dL | mg/100mL | mg/100 mL | mg % | mg per dL
    g/dL | g/dl | G/DL | gm/dL | gm/dl | GM/DL | g/100mL | Gm/dL
    g/L | g/l | gm/L
    mg/L | mg/l | MG/L
    mg/mL | mg/ml
    ug/L | ug/l | mcg/L | mcg/l | \u{B5}g/L | \u{3BC}g/L | \u{B5}g/l | \u{3BC}g/l | UG/L | MCG/L
    ug/dL | ug/dl | mcg/dL | mcg/dl | \u{B5}g/dL | \u{3BC}g/dL | UG/DL | MCG/DL
    ug/mL | ug/ml | mcg/mL | mcg/ml | \u{B5}g/mL | \u{3BC}g/mL | UG/ML | MCG/ML
    ng/mL | ng/ml | NG/ML
    ng/L | ng/l | NG/L
    ng/dL | ng/dl | NG/DL
    pg/mL | pg/ml | PG/ML
    mmol/L | mmol/l | MMOL/L | mMol/L | mmoles/L | mM
    umol/L | umol/l | UMOL/L | \u{B5}mol/L | \u{3BC}mol/L | \u{B5}mol/l | \u{3BC}mol/l | mcmol/L | micromol/L
    nmol/L | nmol/l | NMOL/L
    mol/L | mol/l
    meq/L | mEq/L | meq/l | mEq/l | MEQ/L | mEQ/L | Meq/L
    U/L | u/L | u/l | U/l | units/L | Units/L | unit/L
    [IU]/L | IU/L | IU/l | iu/L | iu/l | [iU]/L
    ukat/L | \u{B5}kat/L | \u{3BC}kat/L
    10*3/uL | 10^3/uL | x10^3/uL | x10*3/uL | X10*3/uL | X10^3/uL | x10E3/uL | X10E3/UL | 10E3/uL | 10e3/uL | 10E3/UL
    10*3/uL | x10(3)/uL | 10x3/uL | K/uL | K/ul | K/UL | k/uL | k/ul | K/mcL | K/MCL | K/cumm | K/CUMM | K/mm3 | K/mm^3
    10*3/uL | K/\u{B5}L | K/\u{3BC}L | 10^3/\u{B5}L | 10^3/\u{3BC}L | x10^3/\u{B5}L | x10^3/\u{3BC}L | thou/uL | Thou/uL | THOU/UL
    10*3/uL | thou/mcL | Thou/mcL | THOU/MCL | Thousand/uL | thousand/uL | thousands/uL | 1000/uL | THOUS/MCL | thous/mcL
    10*3/uL | 10*3/mm3 | 10^3/mm3 | 10*3/mcL | 10^3/mcL | x10^3/mcL | x10E3/mcL | X10E3/MCL
    10*9/L | 10^9/L | x10^9/L | x10*9/L | X10*9/L | X10^9/L | x10E9/L | X10E9/L | 10E9/L | 10e9/L | x10(9)/L | x 10^9/L
    10*9/L | Giga/L | giga/L | Gpt/L | /nL | 10\u{2079}/L
    /uL | cells/uL | cells/mcL | /mm3 | cells/mm3 | cells/cumm | /cumm | {cells}/uL | #/uL | /mcL | cells/mm^3 | /cmm
    mL | ml | ML | cc | milliliter | milliliters | millilitre | millilitres
    L | l | liter | liters | litre | litres
    mL/h | ml/h | mL/hr | ml/hr | cc/hr | cc/h | ML/HR
    L/min | l/min | lpm | LPM | liters/min | L/minute | liters/minute
    kg | KG | Kg | kilogram | kilograms | kgs
    g | gm | gram | grams
    [lb_av] | lb | lbs | LB | LBS | pound | pounds | lb_av
    [oz_av] | oz | OZ | ounce | ounces
    cm | CM | centimeter | centimeters | centimetre | centimetres
    m | meter | meters | metre | metres
    [in_i] | in | inch | inches | IN | INCHES | Inch
    [ft_i] | ft | foot | feet
    s | sec | secs | second | seconds | SEC | Seconds | {seconds}
    """
}
